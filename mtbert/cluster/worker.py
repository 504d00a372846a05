"""What Ray runs on a node: one job, in the driver's folder if the node sees it, else a clone."""

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mtbert.cluster.execution import run_stage_command
from mtbert.cluster.jobs import RunJob, Step, record, stages_by_address
from mtbert.cluster.states import drop_state, pull_state, push_state
from mtbert.cluster.workspace import (
    Clone,
    RunCache,
    make_clone,
    node_folder,
    patiently,
    push_results,
    run_cache,
)
from mtbert.core.outputs import WORK, held

if TYPE_CHECKING:
    from ray.util.queue import Queue

LAST = 15  # lines shown of a failed run's log
WRITERS = 20.0  # seconds for a run of a killed worker to save its state and end
_clones: dict[str, Clone] = {}  # of this process, by session


class RunFailedError(Exception):
    """A run failed in a way that a retry may avoid: out of memory, a lost disk."""


@dataclass(frozen=True)
class Session:
    """What all jobs of one `mtbert run` have in common."""

    name: str  # a new one each time
    project: str  # the same each time
    top: str  # the driver's folder with the code
    root: str  # that of its DVC repository, the same or below
    marker: str  # a file in it: a node that sees it sees the folder
    variables: Mapping[str, str]  # of the environment
    threads: int
    clones: bool  # also on nodes that see the driver's folder
    push_states: float  # seconds between two states that a clone pushes; 0: none
    remote: tuple[str, str] | None  # name and URL of the DVC remote


class Node(NamedTuple):
    """A machine of the cluster."""

    name: str
    id: str
    shares: bool  # it works in the driver's folder


@dataclass
class Outcome:
    """How a job ended."""

    node: Node
    seconds: float
    error: str = ""  # why a retry would fail as well
    entries: RunCache = field(default_factory=dict)  # of a clone
    unpushed: str = ""  # why the results are only on the node


@dataclass(frozen=True)
class Event:
    """Progress of a job."""

    job: str
    node: str
    text: str  # new lines of its log; empty when it starts


def make_job(job: RunJob, session: Session, news: "Queue") -> Outcome:
    """Run a job.

    Raises:
        RunFailedError: a command ended with another status than 0 and 2 (bad input).
    """
    began, node = time.monotonic(), this_node(session)
    send(news, Event(job.name, node.name, ""))
    os.environ["OMP_NUM_THREADS"] = str(session.threads)  # before torch is imported
    outcome = Outcome(node, 0.0)
    if node.shares:
        outcome.error = _run(job, Path(session.root), session, news)
    else:
        _make_in_clone(job, session, news, outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


def send(news: Any, event: Event) -> None:
    """Send an event without waiting for it: Ray would lend a waiting task's cores to others."""
    news.actor.put_nowait.remote(event)


def _make_in_clone(job: RunJob, session: Session, news: "Queue", outcome: Outcome) -> None:
    from dvc.repo import Repo, lock_repo

    clone, stages = _clone(session), [step.stage for step in job.steps]
    with Repo() as repo:
        patiently(lambda: repo.pull(list(job.inputs)))
    with suppress(Exception):  # the remote failed: start from the beginning
        pull_state(clone, job)
    if error := _run(job, clone.folder, session, news, clone):
        outcome.error = error
        return
    with Repo() as repo:
        with lock_repo(repo):
            by_address = stages_by_address(repo)
            record(by_address[stage] for stage in stages)
        outcome.entries = run_cache(repo, stages)
        try:
            patiently(lambda: push_results(repo, outcome.entries))
        except Exception as error:  # each kind of remote raises errors of its own
            outcome.unpushed = f"{type(error).__name__}: {error}"
    with suppress(Exception):  # the remote failed: the state stays there
        drop_state(clone, job)


def publish(session: Session) -> RunCache:
    """Push all results that this node keeps; return their entries of the run cache."""
    if not (node_folder(session.project) / "cache").is_dir():
        return {}
    from dvc.repo import Repo

    _clone(session)
    with Repo() as repo:
        entries = run_cache(repo)
        push_results(repo, entries)
    return entries


def this_node(session: Session) -> Node:
    """Describe the node that this runs on."""
    import ray

    shares = not session.clones and Path(session.marker).is_file()
    node_id, host = ray.get_runtime_context().get_node_id(), socket.gethostname()
    return Node(host if shares else f"{host}/{node_id[:4]}", node_id, shares)


def node_versions() -> dict[str, str]:
    """Versions of the software on which results depend."""
    from mtbert.core.environment import versions

    return versions()


def _clone(session: Session) -> Clone:
    if session.name not in _clones:
        inside = Path(session.root).relative_to(session.top)
        _clones[session.name] = make_clone(session.project, Path.cwd(), inside, session.remote)
    return _clones[session.name]


def _wait_for_writers(job: RunJob, root: Path) -> None:
    """Wait for processes of an earlier try: a run whose worker was killed saves its state.

    Raises:
        InputError: a process keeps writing an output of the job.
    """

    def check(out: str) -> None:
        with held(root / WORK / f"{out.replace('/', '-')}.lock", Path(out)):
            pass

    for out in (out for step in job.steps for out in step.outputs):
        patiently(partial(check, out), WRITERS)


def _run(
    job: RunJob, root: Path, session: Session, news: "Queue", clone: Clone | None = None
) -> str:
    """Run a job's commands; return the last lines of the log if one found bad input."""
    node, top = this_node(session).name, clone.top if clone else session.top
    environment = {**os.environ, **session.variables, "PYTHONPATH": str(top)}

    def push() -> None:
        if clone and session.push_states > 0:
            with suppress(Exception):  # the remote failed: next time
                push_state(clone, job)

    with tempfile.NamedTemporaryFile(prefix="mtbert-", suffix=".log") as file:
        log, position, pushed = Path(file.name), 0, time.monotonic()

        def forward() -> None:
            nonlocal position, pushed
            text = log.read_text(errors="replace")
            if len(text) > position:
                send(news, Event(job.name, node, text[position:]))
                position = len(text)
            if time.monotonic() - pushed > session.push_states:
                push()
                pushed = time.monotonic()

        _wait_for_writers(job, root)
        for step, command in _commands(job, root):
            try:
                status = run_stage_command(command, root / step.folder, log, environment, forward)
            except KeyboardInterrupt:  # the run has saved its state
                push()
                raise
            forward()
            if status:
                last = log.read_text(errors="replace").splitlines()[-LAST:]
                text = "\n".join([f"{step.stage}: exit status {status}", *last])
                if status == 2:
                    return text
                raise RunFailedError(text)
    return ""


def _commands(job: RunJob, root: Path) -> Iterator[tuple[Step, str]]:
    """Yield the commands of a job; remove each stage's outputs before, as DVC does."""
    for step in job.steps:
        for path in (root / out for out in step.outputs):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for command in step.commands:
            yield step, command
