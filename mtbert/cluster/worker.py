"""What Ray runs on a node: one job, in the driver's folder where the node sees it, else a clone."""

import os
import socket
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mtbert.cluster.execution import run_command
from mtbert.cluster.jobs import Job
from mtbert.cluster.workspace import Clone, RunCache, make_clone, node_folder, push, run_cache

if TYPE_CHECKING:
    from ray.util.queue import Queue

LAST = 15  # lines of a failed run's log that are shown
_clones: dict[str, Clone] = {}  # of this process, by session


class RunFailedError(Exception):
    """A run ended with an error that another try may not meet: out of memory, a lost disk."""


@dataclass(frozen=True)
class Session:
    """What all jobs of one `mtbert run` have in common."""

    name: str  # a new one each time
    project: str  # the same each time
    root: str  # the driver's folder
    marker: str  # a file in it: whoever sees this session's sees the folder
    variables: Mapping[str, str]  # of the environment
    threads: int
    clones: bool  # a clone also where the node sees the driver's folder


@dataclass
class Outcome:
    """How a job ended."""

    node: str
    node_id: str
    seconds: float
    error: str = ""  # why another try would end alike
    entries: RunCache = field(default_factory=dict)  # of a clone
    kept: str = ""  # why the results lie on the node alone


@dataclass(frozen=True)
class Node:
    """A machine of the cluster."""

    name: str
    id: str
    shares: bool  # it works in the driver's folder
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Event:
    """News of a job."""

    job: str
    node: str
    text: str  # new lines of its log; empty as it starts


def make_job(job: Job, session: Session, news: "Queue") -> Outcome:
    """Make a job.

    Raises:
        RunFailedError: a command ended with another status than 0 and 2 (bad input).
    """
    began = time.monotonic()
    node = greet(session)
    news.put(Event(job.name, node.name, ""))
    os.environ["OMP_NUM_THREADS"] = str(session.threads)  # before torch is imported
    outcome = Outcome(node.name, node.id, 0.0)
    if node.shares:
        outcome.error = _run(job, Path(session.root), session, news)
    else:
        clone, stages = _clone(session), [step.stage for step in job.steps]
        with clone.repo() as repo:
            repo.pull(list(job.inputs))
        outcome.error = _run(job, clone.folder, session, news)
        if not outcome.error:
            with clone.repo() as repo:
                for stage in stages:
                    repo.commit(stage, force=True)
                outcome.entries = run_cache(repo, stages)
            outcome.kept = publish(session, outcome.entries)[1]
    outcome.seconds = time.monotonic() - began
    return outcome


def publish(session: Session, entries: RunCache | None = None) -> tuple[RunCache, str]:
    """Push results, by default all that the node keeps; give their entries, and what failed."""
    if entries is None and not (node_folder(session.project) / "cache").is_dir():
        return {}, ""
    with _clone(session).repo() as repo:
        entries = run_cache(repo) if entries is None else entries
        try:
            push(repo, entries)
        except Exception as error:  # each kind of remote raises errors of its own
            return entries, f"{type(error).__name__}: {error}"
    return entries, ""


def greet(session: Session) -> Node:
    """Describe the node that this runs on."""
    import ray

    from mtbert.core.environment import versions

    shares = not session.clones and Path(session.marker).is_file()
    return Node(
        name=socket.gethostname(),
        id=ray.get_runtime_context().get_node_id(),
        shares=shares,
        versions=versions(),
    )


def _clone(session: Session) -> Clone:
    if session.name not in _clones:
        _clones[session.name] = make_clone(session.project, Path.cwd())
    return _clones[session.name]


def _run(job: Job, root: Path, session: Session, news: "Queue") -> str:
    """Run a job's commands; return the last lines of one that found its input bad."""
    environment = {**os.environ, **session.variables, "PYTHONPATH": str(root)}
    node = socket.gethostname()
    with tempfile.NamedTemporaryFile(prefix="mtbert-", suffix=".log") as file:
        log, position = Path(file.name), 0

        def forward() -> None:
            nonlocal position
            text = log.read_text(errors="replace")
            if len(text) > position:
                news.put(Event(job.name, node, text[position:]))
                position = len(text)

        for step in job.steps:
            for command in step.commands:
                status = run_command(command, root / step.folder, log, environment, forward)
                forward()
                if status:
                    last = "\n".join(log.read_text(errors="replace").splitlines()[-LAST:])
                    text = f"{step.stage}: exit status {status}\n{last}"
                    if status == 2:
                        return text
                    raise RunFailedError(text)
    return ""
