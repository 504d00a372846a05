"""Connect to Ray on this machine, or to a cluster, whose nodes then get the project's code."""

import logging
import math
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtbert.core.commands import warn
from mtbert.core.errors import InputError
from mtbert.core.lifetime import raise_terminated
from mtbert.core.processes import process_count

# A resource that marks a Ray which an `mtbert run` started for itself
PRIVATE = "mtbert_private"
TOKEN = "if it uses a token, set RAY_AUTH_MODE=token and copy ~/.ray/auth_token from its head"
ANSWER = 10.0  # seconds in which the head of a cluster must answer
QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}


@dataclass(frozen=True)
class Cluster:
    """Where runs execute, and the resources of each."""

    address: str | None  # of a Ray cluster; None: this machine
    jobs: int  # at once, on this machine
    cpus: int  # of a run, and its threads
    gpus: float | None  # of a run; None: all divided by `jobs`, at most one per process
    retries: int  # of a run that ended without a result
    clones: bool  # nodes work in clones even where they see this folder
    push_states: float  # seconds between two states that a clone pushes; 0: none


@contextmanager
def connected(cluster: Cluster, root: Path) -> Iterator[None]:
    """Connect to Ray for a project's folder.

    Raises:
        InputError: there is no such cluster, it refuses this machine's token, or a node fails, for
            example because it lacks our packages.
    """
    import ray

    with tempfile.TemporaryDirectory() as code:
        environment: dict[str, Any] = {"env_vars": {"PYTHONPATH": str(root)}}
        # "local": not a cluster that happens to run here, or that RAY_ADDRESS names
        where: dict[str, Any] = {"address": "local", "num_cpus": cluster.jobs * cluster.cpus}
        where["resources"] = {PRIVATE: 1}
        if cluster.address:
            check_reachable(cluster.address)
            copy_files(root, Path(code))
            environment, where = {"working_dir": code}, {"address": cluster.address}
        try:
            ray.init(**where, **QUIET, include_dashboard=False, runtime_env=environment)
        except (ConnectionError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
            text = f"{error}; {TOKEN}" if cluster.address else error
            raise InputError(f"Ray, --address {where['address']}: {text}") from None
        before = signal.signal(signal.SIGTERM, raise_terminated)  # Ray's own handler aborts
        try:
            if cluster.address and any(PRIVATE in node["Resources"] for node in alive_nodes()):
                raise InputError(f"--address {cluster.address}: belongs to another `mtbert run`")
            yield
        except ray.exceptions.RayError as error:  # with the traceback of the node's process
            last = str(error).strip().rpartition("\n")[2]
            raise InputError(f"Ray, --address {where['address']}: {last}") from None
        finally:
            ray.shutdown()
            signal.signal(signal.SIGTERM, before)


def check_reachable(address: str) -> None:
    """Refuse a HOST:PORT where nothing listens: Ray would try for minutes.

    Raises:
        InputError: the host is unknown, or does not answer in time.
    """
    host, _, port = address.rpartition(":")
    if not port.isdecimal():  # auto
        return
    try:
        places = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        with socket.socket(places[0][0]) as probe:
            probe.settimeout(ANSWER)
            error = probe.connect_ex(places[0][4])
    except OSError as unknown:
        raise InputError(f"--address {address}: {unknown.strerror}") from None
    if error:
        reason = os.strerror(error)
        raise InputError(f"--address {address}: {reason}; expected the head of a Ray cluster")


def copy_files(root: Path, target: Path) -> None:
    """Copy what a clone needs: the files as they stand, without those that Git ignores.

    The folder need not be a Git repository: all files are new to a temporary one. DVC's private
    files are left out even if Git would not ignore them: config.local may hold credentials.
    """
    with tempfile.TemporaryDirectory() as empty:
        subprocess.run(["git", "init", "-q", "--bare", empty], check=True)
        words = ["git", f"--git-dir={empty}", f"--work-tree={root}", "ls-files", "-z", "--others"]
        own = [f"--exclude=.dvc/{name}" for name in ("cache", "config.local", "tmp")]
        words += ["--exclude-standard", *own]
        listed = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, target / name, follow_symlinks=False)


def gpus_of_run(cluster: Cluster) -> float:
    """The GPUs of a run; warn if no node of a cluster has room for a run yet.

    Raises:
        InputError: this machine has no room for a run.
    """
    nodes = [node["Resources"] for node in alive_nodes()]
    every, most = sum(node.get("GPU", 0) for node in nodes), float(process_count())
    share = most if cluster.address else share_of_gpus(every, cluster.jobs)
    gpus = min(most, share, every) if cluster.gpus is None else cluster.gpus
    if not any(n.get("CPU", 0) >= cluster.cpus and n.get("GPU", 0) >= gpus for n in nodes):
        have = "; ".join(f"{n.get('CPU', 0):g} CPUs, {n.get('GPU', 0):g} GPUs" for n in nodes)
        text = f"no node has {cluster.cpus} CPUs and {gpus:g} GPUs for a run (nodes: {have})"
        if not cluster.address:
            raise InputError(f"{text}; give --cpus-per-run or --gpus-per-run")
        warn(f"{text}; runs wait for one that does")
    return gpus


def share_of_gpus(gpus: float, jobs: int) -> float:
    """Divide GPUs so that all jobs fit at once: Ray gives a run whole GPUs or a fraction of one."""
    if gpus >= jobs:
        return gpus // jobs
    return 1 / math.ceil(jobs / gpus) if gpus else 0.0


def alive_nodes() -> list[dict[str, Any]]:
    """Ray's description of each node that is alive."""
    import ray

    return [node for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
