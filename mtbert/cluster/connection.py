"""Connect to Ray: on this machine, or a cluster, whose nodes then get the project's code."""

import logging
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtbert.core.commands import warn
from mtbert.core.errors import InputError
from mtbert.core.processes import process_count

QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}


@dataclass(frozen=True)
class Cluster:
    """Where runs are made, and what each takes."""

    address: str | None  # of a Ray cluster; None: this machine
    jobs: int  # at once, on this machine
    cpus: int  # of a run, and its threads
    gpus: float | None  # of a run; None: all divided by `jobs`, at most one a process
    retries: int  # of a run whose node or process died
    clones: bool  # nodes work in clones even where they see this folder
    push_states: float  # seconds between two states that a clone pushes; 0: none


@contextmanager
def connected(cluster: Cluster, root: Path) -> Iterator[None]:
    """Connect to Ray for a project's folder.

    Raises:
        InputError: there is no such cluster.
    """
    import ray

    with tempfile.TemporaryDirectory() as code:
        environment: dict[str, Any] = {"env_vars": {"PYTHONPATH": str(root)}}
        where: dict[str, Any] = {"num_cpus": cluster.jobs * cluster.cpus}
        if cluster.address:
            copy_files(root, Path(code))
            environment, where = {"working_dir": code}, {"address": cluster.address}
        try:
            ray.init(**where, **QUIET, include_dashboard=False, runtime_env=environment)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise InputError(f"--address {cluster.address}: {error}") from None
        try:
            yield
        finally:
            ray.shutdown()


def copy_files(root: Path, target: Path) -> None:
    """Copy what a clone needs: the files as they stand, without those that Git ignores.

    It need not be a Git repository: all files are new to one made for the moment.
    """
    with tempfile.TemporaryDirectory() as empty:
        subprocess.run(["git", "init", "-q", "--bare", empty], check=True)
        words = ["git", f"--git-dir={empty}", f"--work-tree={root}", "ls-files", "-z", "--others"]
        words.append("--exclude-standard")
        listed = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, target / name, follow_symlinks=False)


def gpus_of_run(cluster: Cluster) -> float:
    """The GPUs of a run; warn where no node of a cluster has room for one yet.

    Raises:
        InputError: this machine has no room for a run.
    """
    nodes = [node["Resources"] for node in alive_nodes()]
    every, most = sum(node.get("GPU", 0) for node in nodes), float(process_count())
    share = most if cluster.address else every / cluster.jobs
    gpus = min(most, share, every) if cluster.gpus is None else cluster.gpus
    if not any(n.get("CPU", 0) >= cluster.cpus and n.get("GPU", 0) >= gpus for n in nodes):
        have = "; ".join(f"{n.get('CPU', 0):g} CPUs, {n.get('GPU', 0):g} GPUs" for n in nodes)
        text = f"no node has {cluster.cpus} CPUs and {gpus:g} GPUs for a run (nodes: {have})"
        if not cluster.address:
            raise InputError(f"{text}; give --cpus-per-run or --gpus-per-run")
        warn(f"{text}; runs wait for one that does")
    return gpus


def alive_nodes() -> list[dict[str, Any]]:
    """Ray's facts of the nodes that work."""
    import ray

    return [node for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
