"""Outputs appear whole or not at all, and have one writer at a time."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from mtbert.core.errors import InputError
from mtbert.core.outputs import new_folder, write_text


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_folder_takes_the_place_of_the_old_one():
    out = Path("out")
    out.mkdir()
    (out / "old").touch()
    with new_folder(out) as folder:
        (folder / "new").touch()
        assert (out / "old").exists()
    assert [p.name for p in out.iterdir()] == ["new"]


def test_a_failure_leaves_the_old_one_as_it_was():
    out = Path("out")
    out.mkdir()
    (out / "old").touch()

    def break_off():
        with new_folder(out) as folder:
            (folder / "half").touch()
            raise RuntimeError("broke")

    with pytest.raises(RuntimeError, match="broke"):
        break_off()
    assert [p.name for p in out.iterdir()] == ["old"]


def test_what_cannot_be_deleted_is_put_aside(monkeypatch):
    out = Path("out")
    out.mkdir()
    (out / "old").touch()
    monkeypatch.setattr("mtbert.core.outputs.shutil.rmtree", lambda *_, **__: None)
    with new_folder(out) as folder:
        (folder / "new").touch()
    assert [p.name for p in out.iterdir()] == ["new"]


def test_the_old_one_comes_back_when_the_new_one_cannot_take_its_place():
    out = Path("out")
    out.mkdir()
    (out / "old").touch()
    with pytest.raises(FileNotFoundError), new_folder(out) as folder:
        folder.rmdir()
    assert [p.name for p in out.iterdir()] == ["old"]


def test_on_another_disk_a_folder_is_copied(monkeypatch):
    rename = Path.rename

    def renamed(self, target):
        if self.resolve().parent != target.resolve().parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", renamed)
    for name in ("one", "two"):
        with new_folder(Path("out")) as folder:
            (folder / name).touch()
    assert [p.name for p in Path("out").iterdir()] == ["two"]
    assert sorted(p.name for p in Path().iterdir()) == [".dvc", "out"]


def test_a_link_to_a_folder_stays_one():
    Path("disk").mkdir()
    Path("out").symlink_to("disk")
    with new_folder(Path("out")) as folder:
        (folder / "new").touch()
    assert Path("out").is_symlink()
    assert [p.name for p in Path("disk").iterdir()] == ["new"]


def test_a_file_in_the_place_of_a_folder_is_refused():
    Path("out").write_text("mine")
    with pytest.raises(InputError, match=r"out: expected a folder .* found a file"):
        new_folder(Path("out")).__enter__()
    assert Path("out").read_text() == "mine"


def test_a_writer_left_over_from_a_killed_run_is_named():
    hold = (
        "import sys, time; from pathlib import Path; from mtbert.core.outputs import new_folder\n"
        "with new_folder(Path('out')): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(InputError, match=f"process {other.pid} is still writing it"):
            new_folder(Path("out")).__enter__()
        other.kill()
    with new_folder(Path("out")):
        pass


def test_small_files_are_replaced_whole(tmp_path: Path):
    write_text(tmp_path / "a" / "x.json", "1")
    write_text(tmp_path / "a" / "x.json", "2")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["x.json"]
    assert (tmp_path / "a" / "x.json").read_text() == "2"
