"""Give jobs to Ray, keep what comes back, and try again where a node or the remote fails."""

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

FORWARDED = "MTBERT_"  # variables of the environment that other machines get, too
INTERVAL = 1.0  # seconds between two looks at the jobs
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
        """Make jobs; by name of each that failed, why.

        Raises:
            InputError: there is no such cluster, or no node of it fits.
        """
        marker = Path(self.session.marker)
        marker.parent.mkdir(parents=True, exist_ok=True)
        with held(marker.with_name("run.lock"), Path(self.session.root), "makes runs here"):
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
        """Make nodes that work in clones ready; take up what they kept of an earlier session.

        Returns:
            The jobs that are still to be made.
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
                f"{where}: expected a DVC remote, by which nodes that do not work in "
                f"{self.session.root} get data and give results: dvc remote add --default NAME URL"
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
        """Ray's way to name one node."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return NodeAffinitySchedulingStrategy(node, soft=False)

    def _on(self, node: str, function: Any) -> Any:
        """A function as a task that runs on a node, beside its jobs."""
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
        # Here, where it dies with the driver alone
        here = self._where(ray.get_runtime_context().get_node_id())
        news = Queue(actor_options={"num_cpus": 0, "scheduling_strategy": here})
        task = ray.remote(make_job).options(
            num_cpus=cluster.cpus,
            num_gpus=gpus,
            max_retries=cluster.retries,
            retry_exceptions=[RunFailedError],
        )
        running = {task.remote(job, self.session, news): job for job in jobs}
        try:
            while running:
                ray.wait(list(running), timeout=INTERVAL)  # for one
                done, _ = ray.wait(list(running), num_returns=len(running), timeout=0)
                self.display.add(news.get_nowait_batch(news.qsize()))
                self.display.note_waiting(len(running), cluster.cpus, gpus)
                self._keep({running[reference]: reference for reference in done})
                for reference in done:  # only now: Ctrl-C may have come meanwhile
                    del running[reference]
        except KeyboardInterrupt:
            self._stop(running)
            raise

    def _keep(self, ended: dict[RunJob, Any]) -> None:
        """Take up what jobs made, and record all of it together."""
        if not ended:
            return
        began = time.monotonic()
        outcomes = {job: self._outcome(job, reference) for job, reference in ended.items()}
        finished = {job: outcome for job, outcome in outcomes.items() if outcome}
        try:
            # Again for a while: somebody may be writing params.yaml.
            patiently(partial(self._record, finished))
        except Exception as error:  # DVC has many of its own
            for job in finished:
                self._fail(job, f"done, but DVC could not record it: {error}")
            return
        self.display.recording += time.monotonic() - began
        for job, outcome in finished.items():
            self.display.end(job.name, outcome)

    def _record(self, finished: dict[RunJob, Outcome]) -> None:
        """Record jobs, without those that failed here, or of which somebody changed the inputs."""
        from dvc.repo import lock_repo

        with lock_repo(self.repo):
            stages = stages_by_address(self.repo)
            for job, outcome in list(finished.items()):
                if why := self._bring(job, outcome, stages):
                    self._fail(job, why)
                    del finished[job]
            record(stages[step.stage] for job in finished for step in job.steps)

    def _bring(self, job: RunJob, outcome: Outcome, stages: Mapping[str, Any]) -> str:
        """Bring what a job made in a clone here; say why where that is not to be."""
        if changed := self._changed(job, stages):
            return f"{', '.join(changed)} changed while it ran: its result is not kept"
        add_to_run_cache(self.repo, outcome.entries)
        try:
            for step in job.steps if outcome.entries else ():
                patiently(partial(restore, self.repo, stages[step.stage], pull=True))
        except Exception as error:  # each kind of remote raises errors of its own
            return f"done on {outcome.node.name}, but its results do not come: {error}"
        return ""

    def _outcome(self, job: RunJob, reference: Any) -> Outcome | None:
        """How a job ended; None where it has no result."""
        import ray

        try:
            outcome: Outcome = ray.get(reference)
        except ray.exceptions.TaskCancelledError:  # by Ctrl-C: no failure
            return None
        except Exception as error:  # the job's own, or a node's that died too often
            self.display.add([Event(job.name, "", f"{error}\n")])
            cause = getattr(error, "cause", None) or error
            self._fail(job, str(cause) or type(cause).__name__)
            return None
        if outcome.unpushed:
            outcome.error = (
                f"done, but its results lie on {outcome.node.name} alone: {outcome.unpushed}; "
                f"once the DVC remote works, run the same command again"
            )
        if outcome.error:
            self._fail(job, outcome.error)
            return None
        return outcome

    def _changed(self, job: RunJob, stages: Mapping[str, Any]) -> list[str]:
        """What a job reads and somebody has changed since it began."""
        before, now = self.digests[job], read_digests(stages, job)
        return [name for name in now if not now[name] or now[name] != before.get(name)]

    def _fail(self, job: RunJob, why: str) -> None:
        self.failed[job.name] = why
        self.display.fail(job.name, why)

    def _stop(self, running: dict[Any, RunJob]) -> None:
        """End all jobs; each saves its state; keep those that ended well."""
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
