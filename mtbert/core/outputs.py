"""Outputs are written whole or not at all, and by one process at a time."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mtbert.core.errors import InputError

# Beside DVC's temporary files: never hashed, never committed.
WORK = Path(".dvc/tmp/mtbert")


def work_path(path: Path) -> Path:
    """Where a writer of `path` works: inside the DVC repository around the working directory.

    Without one, beside `path`.
    """
    here = Path.cwd()
    root = next((at for at in (here, *here.parents) if (at / ".dvc").is_dir()), None)
    if root is None:
        return path.absolute().parent / ".unfinished" / path.name
    return root / WORK / os.path.relpath(path.absolute(), root).replace("/", "-")


@contextmanager
def new_folder(path: Path, *, unfinished: bool = False) -> Iterator[Path]:
    """Give an empty folder to write into; it replaces `path` when the block succeeds.

    `unfinished=True` keeps the files of a failed attempt, so that the stage can resume. The writer
    holds a lock: `kill -9` of DVC leaves a stage's process running, which could overwrite what a
    rerun wrote. An InputError names such a process.
    """
    if path.is_file():
        raise InputError(f"{path}: expected a folder to replace, or nothing; found a file")
    work = work_path(path)
    with noted(path):
        work.parent.mkdir(parents=True, exist_ok=True)
        with held(work.with_name(work.name + ".lock"), path):
            if not unfinished:
                shutil.rmtree(work, ignore_errors=True)
            work.mkdir(exist_ok=True)
            yield work
            # A link to a folder stays a link: what it points to is replaced.
            _replace(path.resolve(), work, aside=work.with_name(work.name + ".old"))


@contextmanager
def noted(path: Path) -> Iterator[None]:
    """Note on an error what was being written: some of a full disk name no file."""
    try:
        yield
    except Exception as error:
        error.add_note(str(path))
        raise


def _replace(path: Path, new: Path, *, aside: Path) -> None:
    """Replace a folder by a new one; a failure puts the old one back."""
    shutil.rmtree(aside, ignore_errors=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        _move(path, aside)
    try:
        _move(new, path)
    except OSError:
        if aside.exists():
            _move(aside, path)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    """Rename a folder, never into another one; to another disk, copy it first."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = target.with_name(target.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.move(source, part)
        part.rename(target)


@contextmanager
def held(
    lock: Path, output: Path, does: str = "is still writing it (left over from a killed run?)"
) -> Iterator[None]:
    """Hold a lock file while writing an output.

    Raises:
        InputError: another process has it, and `does` what is said of it; or the file system has
            no locks.
    """
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid = file.read().strip() or "unknown"
            raise InputError(
                f"{output}: process {pid} {does}; wait for it, or stop it with `kill {pid}`"
            ) from None
        except OSError as error:
            reason = f"{error.strerror}: expected a file system with locks"
            raise InputError(f"{lock}: {reason}") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def write_text(path: Path, text: str) -> None:
    """Write a small text file whole: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with noted(path):
        part.write_text(text, encoding="utf-8")
        part.replace(path)
