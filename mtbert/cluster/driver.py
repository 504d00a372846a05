"""`mtbert run`: DVC runs the stages before the runs, Ray the runs side by side, DVC the rest."""

import shlex
import subprocess
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING

from mtbert.cluster.connection import Cluster, check_reachable
from mtbert.cluster.jobs import RunJob, all_up_to_date, find_work, unfinished
from mtbert.cluster.scheduling import Scheduler
from mtbert.core.errors import InputError

if TYPE_CHECKING:
    from dvc.repo import Repo

MANY = 30  # runs that take seconds to check


def run_targets(targets: Sequence[str], cluster: Cluster) -> dict[str, str]:
    """Bring targets up to date, runs side by side; return why each failed run did, by name.

    Raises:
        InputError: DVC does not know a target, or one of its stages fails; the cluster cannot be
            reached or lacks a run's resources; machines without this folder need a DVC remote.
    """
    if cluster.address:
        check_reachable(cluster.address)
    digests: dict[RunJob, dict[str, str]] | None = None
    # Repeat after an edit of params.yaml or code: DVC would run what is stale one by one.
    while jobs := _prepare(targets):
        if digests is not None:
            print(f"{len(jobs)} runs are repeated: what they read has changed", flush=True)
        with open_repo() as repo, chdir(repo.root_dir):
            scheduler = Scheduler(repo, cluster)
            if failed := scheduler.make(jobs):
                return failed
        if scheduler.digests == digests:  # DVC calls them stale whatever is done
            break
        digests = scheduler.digests
    with open_repo() as repo:
        done = all_up_to_date(repo, targets)
    if not done:
        _repro(targets, Path.cwd())
    return {}


def _prepare(targets: Sequence[str]) -> list[RunJob]:
    """Run the stages before the runs of targets; return the runs that are not up to date."""
    with open_repo() as repo:
        work, root = find_work(repo, targets), Path(repo.root_dir)
        with chdir(root):
            ready = not work.before or all_up_to_date(repo, work.before)
    if not ready:
        _repro(work.before, root)
    with open_repo() as repo, chdir(root):
        if len(work.jobs) >= MANY:
            print(f"checking {len(work.jobs)} runs", flush=True)
        jobs = unfinished(repo, work.jobs)
    print(f"{len(work.jobs) - len(jobs)} of {len(work.jobs)} runs are up to date", flush=True)
    return jobs


def open_repo() -> "Repo":
    """Open the DVC repository around the working directory.

    Raises:
        InputError: there is none.
    """
    from dvc.exceptions import NotDvcRepoError
    from dvc.repo import Repo

    try:
        return Repo(_wait_for_lock=True)  # a busy DVC must not cost a finished run
    except NotDvcRepoError:
        raise InputError(f"{Path.cwd()}: expected a folder of a DVC repository") from None


def _repro(targets: Sequence[str], folder: Path) -> None:
    words = ["dvc", "repro", *targets]
    if status := subprocess.run(words, cwd=folder, check=False).returncode:
        raise InputError(
            f"`{shlex.join(words)}` ended with status {status}; its messages are above"
        )
