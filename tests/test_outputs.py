"""Outputs appear whole or not at all, and have one writer at a time."""

import subprocess
import sys
from pathlib import Path

import pytest

from mtbert.errors import InputError
from mtbert.outputs import new_folder, write_text


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


def test_a_writer_left_over_from_a_killed_run_is_named():
    hold = (
        "import sys, time; from pathlib import Path; from mtbert.outputs import new_folder\n"
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
