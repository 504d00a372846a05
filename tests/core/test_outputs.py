"""Outputs appear whole or not at all, and have one writer at a time."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from mtbert.core.errors import InputError
from mtbert.core.outputs import new_folder


@pytest.fixture(autouse=True)
def out(tmp_path, monkeypatch):
    """A folder with one old file."""
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    Path("out/old").touch()
    return Path("out")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_replaces_the_old_one(out):
    with new_folder(out) as folder:
        (folder / "new").touch()
        assert names(out) == ["old"]
    assert names(out) == ["new"]


def test_an_old_folder_that_cannot_be_deleted_is_put_aside(out, monkeypatch):
    monkeypatch.setattr("mtbert.core.outputs.shutil.rmtree", lambda *_, **__: None)
    test_a_folder_replaces_the_old_one(out)


def test_a_failure_leaves_the_old_folder(out):
    def break_off():
        with new_folder(out) as folder:
            (folder / "half").touch()
            raise RuntimeError("broke")

    with pytest.raises(RuntimeError, match="broke"):
        break_off()
    assert names(out) == ["old"]


def test_the_old_folder_comes_back_when_the_new_one_cannot_replace_it(out):
    with pytest.raises(FileNotFoundError), new_folder(out) as folder:
        folder.rmdir()
    assert names(out) == ["old"]


def test_a_folder_is_copied_to_another_disk(out, monkeypatch):
    rename = Path.rename

    def renamed(self, target):
        if self.resolve().parent != target.resolve().parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", renamed)
    test_a_folder_replaces_the_old_one(out)
    assert names(Path()) == [".unfinished", "out"]


def test_a_link_to_a_folder_stays_a_link(out):
    out.rename("disk")
    out.symlink_to("disk")
    test_a_folder_replaces_the_old_one(out)
    assert out.is_symlink()
    assert names(Path("disk")) == ["new"]


def test_a_file_in_place_of_a_folder_is_refused(out):
    with pytest.raises(InputError, match=r"old: expected a folder .* found a file"):
        new_folder(out / "old").__enter__()
    assert names(out) == ["old"]


def test_a_writer_left_over_from_a_killed_run_is_named(out):
    hold = (
        "import sys, time; from pathlib import Path; from mtbert.core.outputs import new_folder\n"
        "with new_folder(Path('out')): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(InputError, match=f"process {other.pid} is still writing it"):
            new_folder(out).__enter__()
        other.kill()
    with new_folder(out):
        pass
