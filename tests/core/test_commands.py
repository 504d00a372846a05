"""Bad input and failing disks end in a message and an exit code; a fault of ours in a traceback."""

import errno
import shutil
from pathlib import Path

import pytest

from mtbert.core.commands import run
from mtbert.core.errors import InputError
from mtbert.core.outputs import new_folder, write_text

FULL, RUST = "No space left on device", "Error while serializing: I/O error: … (os error 30)"


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["command"])


def ended(error, capsys):
    """What a command that raises an error while it writes a folder prints, and its exit code."""

    def command() -> None:
        with new_folder(Path("out")):
            raise error

    with pytest.raises(SystemExit) as exit_:
        run(command)
    assert not Path("out").exists()
    return exit_.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, FULL, "a", None, "b"), f"b: {FULL}; free space there, then"),
        (OSError(errno.EDQUOT, "…", "a"), "a: Disk quota exceeded; free space there, then"),
        (OSError(errno.ENOSPC, "Error writing bytes to file"), f"out: {FULL}; free space"),
        (shutil.Error([("a", "b", f"[Errno 28] {FULL}")]), f"out: {FULL}; free space there"),
        (Exception(RUST), "out: Read-only file system; expected a place"),
        (PermissionError(errno.EACCES, "…", "a"), "a: Permission denied; expected a place"),
        (OSError(errno.EIO, "…", "a"), "a: Input/output error; the disk fails"),
    ],
)
def test_a_disk_that_refuses_is_named(error, message, capsys):
    code, printed = ended(error, capsys)
    assert code == 1
    assert printed.startswith(f"error: {message}")
    assert printed.count("\n") == 1


def test_a_small_file_is_named(monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, FULL)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match=FULL) as raised:
        write_text(Path("report.md"), "text")
    assert raised.value.__notes__ == ["report.md"]


def test_bad_input_has_another_exit_code(capsys):
    assert ended(InputError("a: one\nb: two"), capsys) == (2, "error: a: one\nerror: b: two\n")


@pytest.mark.parametrize("error", [ValueError("ours"), FileNotFoundError(errno.ENOENT, "…", "a")])
def test_a_fault_of_ours_keeps_its_traceback(error, capsys):
    with pytest.raises(type(error)) as raised:
        ended(error, capsys)
    assert raised.value.__notes__ == ["out"]
