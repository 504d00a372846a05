"""Submit jobs to Ray, record their results, and retry when a node or the remote fails."""

import logging
import os
import socket
import time
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtbert.cluster.connection import Cluster, alive_nodes, connected, gpus_of_run
from mtbert.cluster.display import Display
from mtbert.cluster.jobs import (
    RunJob,
    read_digests,
    record,
    restore,
    stages_by_address,
    unfinished,
)
from mtbert.cluster.worker import (
    Event,
    Node,
    Outcome,
    RunFailedError,
    Session,
    make_job,
    node_versions,
    publish,
    this_node,
)
from mtbert.cluster.workspace import add_to_run_cache, patiently, remote_url
from mtbert.core.commands import warn
from mtbert.core.errors import InputError
from mtbert.core.outputs import WORK, held

if TYPE_CHECKING:
    from dvc.repo import Repo

FORWARDED = "MTBERT_"  # prefix of the environment variables that other machines get
INTERVAL = 1.0  # seconds between two checks of the jobs
STOP = 30.0  # seconds that interrupted runs have to save their states


class Scheduler:
    """The jobs of one `mtbert run`. The working directory is the root of the repository."""

    def __init__(self, repo: "Repo", cluster: Cluster) -> None:
        logging.getLogger("dvc").setLevel(logging.CRITICAL)  # no bars, no line for each run
        self.repo, self.cluster, root = repo, cluster, Path(repo.root_dir)
        name = uuid.uuid4().hex
        self.session = Session(
            name=name,
            project=f"{root.name}-{sha256(f'{socket.gethostname()}{root}'.encode()).hexdigest()[:8]}",
            top=repo.scm.root_dir,
            root=str(root),
            marker=str(root / WORK / f"session-{name}"),
            variables={key: os.environ[key] for key in os.environ if key.startswith(FORWARDED)},
            threads=cluster.cpus,
            clones=cluster.clones,
            push_states=cluster.push_states,
            remote=remote_url(repo),
        )
        self.failed: dict[str, str] = {}
        self.digests: dict[RunJob, dict[str, str]] = {}  # what each job reads

    def make(self, jobs: Sequence[RunJob]) -> dict[str, str]:
        """Run jobs; return why each failed job did, by name.

        Raises:
            InputError: there is no such cluster, or no node has a run's resources.
        """
        marker = Path(self.session.marker)
        marker.parent.mkdir(parents=True, exist_ok=True)
        with held(
            marker.with_name("run.lock"), Path(self.session.root), "is another `mtbert run` here"
        ):
            marker.touch()
            try:
                with connected(self.cluster, Path(self.session.top)):
                    gpus, jobs = gpus_of_run(self.cluster), self._prepare(jobs)
                    if jobs:
                        self.display = Display(len(jobs), WORK / "logs")
                        with self.display:
                            self._loop(jobs, gpus)
            finally:
                marker.unlink(missing_ok=True)
        return self.failed

    def _prepare(self, jobs: Sequence[RunJob]) -> list[RunJob]:
        """Prepare nodes that work in clones; fetch results that they kept from an earlier session.

        Returns:
            The jobs that still have to run.
        """
        import ray

        ids = [node["NodeID"] for node in alive_nodes()]
        nodes = ray.get([self._on(node, this_node).remote(self.session) for node in ids])
        apart: list[Node] = [node for node in nodes if not node.shares]
        _warn_of_versions(apart, self._on_each(apart, node_versions))
        remote = self.repo.config["core"].get("remote")
        if not apart and not self.cluster.clones:
            return list(jobs)
        if not remote:
            where = ", ".join(node.name for node in apart) or "--clones"
            raise InputError(
                f"{where}: expected a DVC remote, from which nodes that do not work in "
                f"{self.session.root} pull data, and to which they push results: "
                f"dvc remote add --default NAME URL"
            )
        try:
            self.repo.push(targets=sorted({path for job in jobs for path in job.inputs}))
            for entries in self._on_each(apart, publish, self.session):
                add_to_run_cache(self.repo, entries)
            rest = unfinished(self.repo, jobs, pull=True)
        except Exception as error:  # each kind of remote raises errors of its own
            raise InputError(f"DVC remote {remote}: cannot push or pull: {error}") from None
        if len(rest) < len(jobs):
            print(f"{len(jobs) - len(rest)} runs came from the remote", flush=True)
        return rest

    @staticmethod
    def _where(node: str) -> Any:
        """Ray's strategy that places a task on one node."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return NodeAffinitySchedulingStrategy(node, soft=False)

    def _on(self, node: str, function: Any) -> Any:
        """A function as a Ray task that runs on one node, beside its jobs."""
        import ray

        where = self._where(node)
        return ray.remote(function).options(num_cpus=0, scheduling_strategy=where)

    def _on_each(self, nodes: Sequence[Node], function: Any, *values: Any) -> list[Any]:
        """Call a function on each of some nodes."""
        import ray

        results = [self._on(node.id, function).remote(*values) for node in nodes]
        return list(ray.get(results))

    def _loop(self, jobs: Sequence[RunJob], gpus: float) -> None:
        import ray
        from dvc.repo import lock_repo
        from ray.util.queue import Queue

        cluster = self.cluster
        with lock_repo(self.repo):
            stages = stages_by_address(self.repo)
            self.digests = {job: read_digests(stages, job) for job in jobs}
        # On the driver's node: another may die
        here = self._where(ray.get_runtime_context().get_node_id())
        news = Queue(actor_options={"num_cpus": 0, "scheduling_strategy": here})
        task = ray.remote(make_job).options(
            num_cpus=cluster.cpus,
            num_gpus=gpus,
            max_retries=cluster.retries,
            retry_exceptions=[RunFailedError, OSError],  # the latter of the node
        )
        running = {task.remote(job, self.session, news): job for job in jobs}
        try:
            while running:
                ray.wait(list(running), timeout=INTERVAL)  # until one has ended
                done, _ = ray.wait(list(running), num_returns=len(running), timeout=0)
                self.display.add(news.get_nowait_batch(news.qsize()))
                self.display.note_waiting(len(running), cluster.cpus, gpus)
                self._keep({running[reference]: reference for reference in done})
                for reference in done:  # only now: after Ctrl-C in between, `_stop` records them
                    del running[reference]
        except KeyboardInterrupt:
            self._stop(running)
            raise

    def _keep(self, ended: dict[RunJob, Any]) -> None:
        """Record the results of jobs, all together."""
        if not ended:
            return
        began = time.monotonic()
        outcomes = {job: self._outcome(job, reference) for job, reference in ended.items()}
        finished = {job: outcome for job, outcome in outcomes.items() if outcome}
        try:
            # Retry for a while: somebody may be writing params.yaml.
            patiently(partial(self._record, finished))
        except Exception as error:  # DVC raises many types
            for job in finished:
                self._fail(job, f"done, but DVC could not record it: {error}")
            return
        self.display.recording += time.monotonic() - began
        for job, outcome in finished.items():
            self.display.end(job.name, outcome)

    def _record(self, finished: dict[RunJob, Outcome]) -> None:
        """Record jobs, except those whose inputs changed or whose results cannot be fetched."""
        from dvc.repo import lock_repo

        with lock_repo(self.repo):
            stages = stages_by_address(self.repo)
            for job, outcome in list(finished.items()):
                if why := self._bring(job, outcome, stages):
                    self._fail(job, why)
                    del finished[job]
            record(stages[step.stage] for job in finished for step in job.steps)

    def _bring(self, job: RunJob, outcome: Outcome, stages: Mapping[str, Any]) -> str:
        """Fetch what a job made in a clone; return why its result cannot be recorded."""
        if changed := self._changed(job, stages):
            return f"{', '.join(changed)} changed while it ran: its result is not kept"
        add_to_run_cache(self.repo, outcome.entries)
        try:
            for step in job.steps if outcome.entries else ():
                patiently(partial(restore, self.repo, stages[step.stage], pull=True))
        except Exception as error:  # each kind of remote raises errors of its own
            return f"done on {outcome.node.name}, but its results cannot be fetched: {error}"
        return ""

    def _outcome(self, job: RunJob, reference: Any) -> Outcome | None:
        """How a job ended; None if it has no result."""
        import ray

        try:
            outcome: Outcome = ray.get(reference)
        except ray.exceptions.TaskCancelledError:  # by Ctrl-C: no failure
            return None
        except Exception as error:  # of the job, or of a node that died too often
            self.display.add([Event(job.name, "", f"{error}\n")])
            cause = getattr(error, "cause", None) or error
            self._fail(job, str(cause) or type(cause).__name__)
            return None
        if outcome.unpushed:
            outcome.error = (
                f"done, but its results are only on {outcome.node.name}: {outcome.unpushed}; "
                f"once the DVC remote works, run the same command again"
            )
        if outcome.error:
            self._fail(job, outcome.error)
            return None
        return outcome

    def _changed(self, job: RunJob, stages: Mapping[str, Any]) -> list[str]:
        """Inputs of a job that have changed since the runs began."""
        before, now = self.digests[job], read_digests(stages, job)
        return [name for name in now if not now[name] or now[name] != before.get(name)]

    def _fail(self, job: RunJob, why: str) -> None:
        self.failed[job.name] = why
        self.display.fail(job.name, why)

    def _stop(self, running: dict[Any, RunJob]) -> None:
        """Stop all jobs, each of which saves its state; record those that finished."""
        import ray

        for reference in running:
            ray.cancel(reference)
        done, _ = ray.wait(list(running), num_returns=len(running), timeout=STOP)
        self._keep({running[reference]: reference for reference in done})


def _warn_of_versions(nodes: Sequence[Node], versions: Sequence[dict[str, str]]) -> None:
    own = node_versions()
    for node, theirs in zip(nodes, versions, strict=True):
        for name in own:
            if theirs[name] != own[name]:
                warn(f"{node.name}: {name} is {theirs[name]}, here {own[name]}: results may differ")
