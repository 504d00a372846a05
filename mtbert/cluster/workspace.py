"""A clone of the project on a node that does not see the driver's folder.

Code and dvc.lock come with Ray's working folder; data are pulled from the DVC remote, results
pushed to it. All clones of a node share a DVC cache: what could not be pushed stays there.
"""

import fcntl
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from logging.handlers import BufferingHandler
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mtbert.core.errors import InputError
from mtbert.core.outputs import WORK

if TYPE_CHECKING:
    from dvc.repo import Repo

# Where a node keeps clones and cache, by default in the folder of temporary files
FOLDER = "MTBERT_NODE_FOLDER"
CONFIG = "[core]\n    no_scm = true\n    analytics = false\n[cache]\n    dir = {cache}\n"
REMOTE = "['remote \"{name}\"']\n    url = {url}\n"
PATIENCE = 120.0  # seconds for which a remote may fail
UNPACKING = 30.0  # seconds in which Ray unpacks the code anew, where nodes share a machine
PAUSE = 5.0  # seconds between two tries
RunCache = Mapping[str, str]  # by path in the cache, an entry of DVC's run cache


@dataclass
class Clone:
    """A folder of a node for one job at a time; the working directory of this process."""

    top: Path
    folder: Path  # of the DVC repository
    lock: IO[str] = field(repr=False)


def node_folder(project: str) -> Path:
    """Where this node keeps clones and cache of a project.

    Raises:
        InputError: another user has made the folder: the code in it would be theirs.
    """
    if place := os.environ.get(FOLDER):
        return Path(place) / project
    folder = Path(tempfile.gettempdir(), f"mtbert-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise InputError(f"{folder}: another user's; set {FOLDER} to a folder of your own")
    return folder / project


def make_clone(
    project: str, code: Path, inside: Path, remote: tuple[str, str] | None = None
) -> Clone:
    """Copy the project's files into the first folder that no other process of the node uses.

    Files of unfinished runs stay on the node: whichever clone gets a run resumes it. The DVC
    repository is `inside` the folder.
    """
    home, number = node_folder(project), 0
    for name in ("cache", "unfinished"):
        (home / name).mkdir(parents=True, exist_ok=True)
    while (lock := _try_lock(home / f"clone-{number}.lock")) is None:
        number += 1
    top = home / f"clone-{number}"
    folder = top / inside

    def copy() -> None:
        shutil.rmtree(top, ignore_errors=True)
        shutil.copytree(code, top, symlinks=True)

    patiently(copy, UNPACKING)
    work = folder / WORK
    work.parent.mkdir(parents=True, exist_ok=True)
    work.symlink_to(home / "unfinished")
    config = CONFIG.format(cache=home / "cache")
    if remote:  # the driver's, which may be relative or only in its config.local
        config += REMOTE.format(name=remote[0], url=remote[1])
    (folder / ".dvc" / "config.local").write_text(config)
    os.chdir(folder)  # permanently: Ray may replace the folder of the code
    return Clone(top, folder, lock)


def _try_lock(path: Path) -> IO[str] | None:
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def patiently(action: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Call what needs the DVC remote; if it fails, retry for a while.

    Raises:
        Exception: what the last try raised; each kind of remote raises errors of its own.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            action()
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(PAUSE)
        else:
            return


def remote_url(repo: "Repo") -> tuple[str, str] | None:
    """Name and URL of the default DVC remote."""
    if name := repo.config["core"].get("remote"):
        return name, str(repo.config["remote"][name]["url"])
    return None


def run_cache(repo: "Repo", stages: Sequence[str] = ()) -> dict[str, str]:
    """Entries of DVC's run cache: those of some stages, or all on this node."""
    from dvc.stage.cache import _get_stage_hash

    root = Path(repo.cache.legacy.path)
    folders = [root / "runs"]
    if stages:
        keys = [_get_stage_hash(repo.stage.collect(stage)[0]) for stage in stages]
        folders = [root / "runs" / key[:2] / key for key in keys]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): path.read_text() for path in files}


def add_to_run_cache(repo: "Repo", entries: RunCache) -> None:
    """Add entries of another machine's run cache to this one's."""
    for name, text in entries.items():
        path = Path(repo.cache.legacy.path, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def push_results(repo: "Repo", entries: RunCache) -> None:
    """Push the outputs in entries of the run cache, including those that Git tracks.

    Raises:
        OSError, DvcException: the remote cannot be written.
    """
    keys = [tuple(Path(name).parts[-2:]) for name in entries]
    # DVC gives the reasons to its log alone.
    logger, reasons = logging.getLogger("dvc_data"), BufferingHandler(sys.maxsize)
    logger.addHandler(reasons)
    try:
        for objects in repo.stage_cache.get_used_objs(keys).values():
            if failed := repo.cloud.push(objects).failed:
                causes = [each.exc_info[1] for each in reasons.buffer if each.exc_info]
                text = f"{len(failed)} files were not pushed to the DVC remote"
                raise OSError(f"{text}: {causes[-1]}" if causes else text)
    finally:
        logger.removeHandler(reasons)
