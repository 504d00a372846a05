"""Outputs are written whole or not at all, and by one process at a time."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mtbert.errors import InputError

# Beside DVC's own temporary files: never hashed, never committed.
WORK = Path(".dvc/tmp/mtbert")


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder to write into; it takes the place of `path` when the block succeeds.

    `kill -9` of DVC leaves a stage's process running, and it could overwrite what a rerun wrote:
    so the folder is held by a lock for as long as its writer lives.

    Raises:
        InputError: another process is writing the same output.
    """
    work = WORK / str(path).replace("/", "-")
    work.parent.mkdir(parents=True, exist_ok=True)
    with held(work.with_suffix(".lock"), path):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        yield work
        shutil.rmtree(path, ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(work, path)


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


def write_text(path: Path, text: str) -> None:
    """Write a small text file whole: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
