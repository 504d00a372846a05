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
    """Where a writer of `path` works, in the DVC repository that the process stands in."""
    here = Path.cwd()
    roots = (folder for folder in (here, *here.parents) if (folder / ".dvc").is_dir())
    root = next(roots, here)
    name = os.path.relpath(path.absolute(), root).replace("/", "-")
    return root / WORK / name


@contextmanager
def new_folder(path: Path, *, unfinished: bool = False) -> Iterator[Path]:
    """Give an empty folder to write into; it takes the place of `path` when the block succeeds.

    With `unfinished` it is not empty where a writer before this one did not succeed: what that one
    wrote is still in it, to go on from.

    `kill -9` of DVC leaves a stage's process running, and it could overwrite what a rerun wrote:
    so the folder is held by a lock for as long as its writer lives.

    Raises:
        InputError: another process is writing the same output, or a file stands in its place.
    """
    if path.is_file():
        raise InputError(f"{path}: expected a folder to replace, or nothing; found a file")
    work = work_path(path)
    work.parent.mkdir(parents=True, exist_ok=True)
    with held(work.with_name(work.name + ".lock"), path):
        if not unfinished:
            shutil.rmtree(work, ignore_errors=True)
        work.mkdir(exist_ok=True)
        yield work
        # A link to a folder stays a link: what it points to is replaced.
        _replace(path.resolve(), work, aside=work.with_name(work.name + ".old"))


def _replace(path: Path, new: Path, *, aside: Path) -> None:
    """Put a folder in place of another, which is deleted last and comes back after a failure."""
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
    """Rename a folder, which never lands inside another; to another disk it has to be copied."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = target.with_name(target.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(source, part, symlinks=True)
        part.rename(target)
        shutil.rmtree(source)


@contextmanager
def held(lock: Path, output: Path) -> Iterator[None]:
    """Hold a lock file while writing an output; the system frees it when the process ends.

    Raises:
        InputError: another process holds it.
    """
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            pid = file.read().strip() or "unknown"
            raise InputError(
                f"{output}: process {pid} is still writing it (left over from a killed run?); "
                f"wait for it, or stop it with `kill {pid}`"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def empty(folder: Path) -> None:
    """Delete what is in a folder."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def write_text(path: Path, text: str) -> None:
    """Write a small text file whole: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
