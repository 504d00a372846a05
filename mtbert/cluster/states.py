"""States of unfinished runs in the DVC remote, so that other nodes resume those of dead ones."""

import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mtbert.cluster.jobs import RunJob
from mtbert.cluster.workspace import Clone
from mtbert.core.outputs import WORK, work_path


def push_state(clone: Clone, job: RunJob) -> None:
    """Copy the files of an unfinished job to the remote.

    The job keeps running meanwhile. Its state is copied first: the files are then as a kill after
    that state would leave them, and from that a run can resume.
    """
    with _remote_file(clone, job) as (filesystem, place), tempfile.NamedTemporaryFile() as file:
        with tarfile.open(file.name, "w") as archive:
            paths = [path for folder in unfinished_folders(job) for path in folder.rglob("*")]
            for path in sorted(
                filter(Path.is_file, paths), key=lambda path: path.name != "state.pt"
            ):
                with suppress(FileNotFoundError):  # the job has replaced it
                    archive.add(path, path.relative_to(clone.folder / WORK))
        filesystem.makedirs(filesystem.parent(place))
        filesystem.put_file(file.name, place)


def pull_state(clone: Clone, job: RunJob) -> None:
    """Fetch the state of a job that another node began, unless this node has one."""
    with _remote_file(clone, job) as (filesystem, place):
        here = any(folder.exists() for folder in unfinished_folders(job))
        if here or not filesystem.exists(place):
            return
        with tempfile.NamedTemporaryFile() as file:
            filesystem.get_file(place, file.name)
            with suppress(tarfile.TarError), tarfile.open(file.name) as archive:  # cut off
                _unpack(archive, clone.folder / WORK)


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Write an archive's plain files below a folder; Python 3.11.2 has no filter for that."""
    for member in archive:
        path, content = (folder / member.name).resolve(), archive.extractfile(member)
        if content and member.isfile() and path.is_relative_to(folder.resolve()):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())


def drop_state(clone: Clone, job: RunJob) -> None:
    """Delete a finished job's state from the remote."""
    with _remote_file(clone, job) as (filesystem, place):
        if filesystem.exists(place):
            filesystem.remove(place)


def unfinished_folders(job: RunJob) -> list[Path]:
    """Where the stages of a job write until they are done."""
    return [work_path(Path(out)) for step in job.steps for out in step.outputs]


@contextmanager
def _remote_file(clone: Clone, job: RunJob) -> Iterator[tuple[Any, str]]:
    from dvc.repo import Repo

    with Repo() as repo:
        remote = repo.cloud.get_remote(command="push")
        # That folder's name holds a digest of the driver's host and path: no other user has it.
        name = f"{clone.top.parent.name}-{job.name.replace('/', '-')}.tar"
        yield remote.fs, remote.fs.join(remote.path, "unfinished", name)
