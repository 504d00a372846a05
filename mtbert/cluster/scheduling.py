"""Give jobs to Ray, keep what comes back, and try again where a node or the remote fails."""

import logging
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtbert.cluster.display import Display
from mtbert.cluster.jobs import Job, read_digests, restore
from mtbert.cluster.worker import Outcome, RunFailedError, Session, greet, make_job, publish
from mtbert.cluster.workspace import add_to_run_cache, tracked_files
from mtbert.core.commands import warn
from mtbert.core.errors import InputError
from mtbert.core.outputs import WORK

if TYPE_CHECKING:
    from dvc.repo import Repo

FORWARDED = "MTBERT_"  # variables of the environment that other machines get, too
INTERVAL = 1.0  # seconds between two looks at the jobs
AGAIN = 10.0  # seconds between two tries to reach the DVC remote
PATIENCE = 120.0  # seconds of tries after the last job ended
QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
STOP = 30.0  # seconds that interrupted runs have to save their states


@dataclass(frozen=True)
class Cluster:
    """Where runs are made, and what each takes."""

    address: str | None  # of a Ray cluster; None: this machine
    jobs: int  # at once, on this machine
    cpus: int  # of a run, and its threads
    gpus: float | None  # of a run; None: all of them divided by `jobs`, one at most
    retries: int  # of a run whose node or process died
    clones: bool  # nodes work in clones even where they see this folder


class Scheduler:
    """The jobs of one `mtbert run`. The working directory is the root of the repository."""

    def __init__(self, repo: "Repo", cluster: Cluster) -> None:
        self.repo, self.cluster, root = repo, cluster, Path(repo.root_dir)
        name = uuid.uuid4().hex
        self.session = Session(
            name=name,
            project=f"{root.name}-{sha256(f'{uuid.getnode()}{root}'.encode()).hexdigest()[:8]}",
            root=str(root),
            marker=str(root / WORK / f"session-{name}"),
            variables={key: os.environ[key] for key in os.environ if key.startswith(FORWARDED)},
            threads=cluster.cpus,
            clones=cluster.clones,
        )
        self.failed: dict[str, str] = {}
        self.remote: dict[Job, Outcome] = {}  # finished in clones, not yet here

    def make(self, jobs: Sequence[Job]) -> dict[str, str]:
        """Make jobs; by name of each that failed, why.

        Raises:
            InputError: there is no such cluster, or no node of it fits.
        """
        with self._connected() as gpus:
            jobs = self._prepare(jobs)
            self.display = Display(len(jobs), WORK / "logs")
            with self.display:
                self._loop(jobs, gpus)
        return self.failed

    @contextmanager
    def _connected(self) -> Iterator[float]:
        """Connect to Ray; give the GPUs of a run."""
        import ray

        cluster, marker = self.cluster, Path(self.session.marker)
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        with tempfile.TemporaryDirectory() as code:
            root, environment = self.session.root, dict[str, Any]()
            if cluster.address:
                for path in tracked_files(Path(root)):
                    (Path(code) / path).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(Path(root) / path, Path(code) / path, follow_symlinks=False)
                environment["working_dir"] = code
                where: dict[str, Any] = {"address": cluster.address}
            else:
                environment["env_vars"] = {"PYTHONPATH": root}
                where = {"num_cpus": cluster.jobs * cluster.cpus, "include_dashboard": False}
            try:
                ray.init(**where, **QUIET, runtime_env=environment)
            except (ConnectionError, ValueError, RuntimeError) as error:
                raise InputError(f"--address {cluster.address}: {error}") from None
            try:
                yield self._gpus()
            finally:
                marker.unlink(missing_ok=True)
                ray.shutdown()

    def _gpus(self) -> float:
        """The GPUs of a run, which a node must have beside its processors."""
        cluster = self.cluster
        nodes = [node["Resources"] for node in alive_nodes()]
        every = sum(node.get("GPU", 0) for node in nodes)
        share = 1.0 if cluster.address else every / cluster.jobs
        gpus = min(1.0, share, every) if cluster.gpus is None else cluster.gpus
        if not any(n.get("CPU", 0) >= cluster.cpus and n.get("GPU", 0) >= gpus for n in nodes):
            have = "; ".join(f"{n.get('CPU', 0):g} CPUs, {n.get('GPU', 0):g} GPUs" for n in nodes)
            raise InputError(
                f"no node has {cluster.cpus} CPUs and {gpus:g} GPUs for a run (nodes: {have}); "
                f"give --cpus-per-run or --gpus-per-run"
            )
        return gpus

    def _prepare(self, jobs: Sequence[Job]) -> list[Job]:
        """Make nodes that work in clones ready; take up what they kept of an earlier session.

        Returns:
            The jobs that are still to be made.
        """
        import ray

        ids = [node["NodeID"] for node in alive_nodes()]
        nodes = ray.get([self._on(node, greet).remote(self.session) for node in ids])
        own = greet(self.session)
        apart = [node for node in nodes if not node.shares]
        for node in apart:
            for name in own.versions.keys() & node.versions.keys():
                if node.versions[name] != own.versions[name]:
                    found = f"{node.versions[name]}, here {own.versions[name]}"
                    warn(f"{node.name}: {name} is {found}: results may differ")
        if not apart:
            return list(jobs)
        if not self.repo.config["core"].get("remote"):
            raise InputError(
                f"{', '.join(node.name for node in apart)}: expected a DVC remote, by which nodes "
                f"that do not see {self.session.root} get data and give results: "
                f"dvc remote add --default NAME URL"
            )
        self._push_inputs(jobs)
        for entries, _ in ray.get([self._on(n.id, publish).remote(self.session) for n in apart]):
            add_to_run_cache(self.repo, entries)
        return [job for job in jobs if not self._restored(job)]

    def _push_inputs(self, jobs: Sequence[Job]) -> None:
        try:
            self.repo.push(targets=sorted({path for job in jobs for path in job.inputs}))
        except Exception as error:  # each kind of remote raises errors of its own
            name = self.repo.config["core"]["remote"]
            raise InputError(f"DVC remote {name}: cannot push to it: {error}") from None

    def _on(self, node: str, function: Any, **options: Any) -> Any:
        """A function as a task that runs on a node, beside its jobs."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        where = NodeAffinitySchedulingStrategy(node, soft=False)
        return ray.remote(function).options(num_cpus=0, scheduling_strategy=where, **options)

    def _loop(self, jobs: Sequence[Job], gpus: float) -> None:
        import ray
        from ray.util.queue import Queue

        cluster = self.cluster
        self.digests = {job: read_digests(self.repo, job) for job in jobs}
        news = Queue(actor_options={"num_cpus": 0})
        task = ray.remote(make_job).options(
            num_cpus=cluster.cpus,
            num_gpus=gpus,
            max_retries=cluster.retries,
            retry_exceptions=[RunFailedError],
        )
        running = {task.remote(job, self.session, news): job for job in jobs}
        tried = ended = time.monotonic()
        try:
            while running or (self.remote and time.monotonic() - ended < PATIENCE):
                done, _ = ray.wait(list(running), timeout=INTERVAL) if running else ([], [])
                self.display.add(news.get_nowait_batch(news.qsize()))
                for reference in done:
                    self._end(running.pop(reference), reference)
                    ended = time.monotonic()
                if self.remote and time.monotonic() - tried > AGAIN:
                    self._collect()
                    tried = time.monotonic()
        except KeyboardInterrupt:
            self._stop(running)
            raise
        for job, outcome in self.remote.items():
            self.failed[job.name] = (
                f"done, but its results lie on {outcome.node} alone: {outcome.kept}; once the DVC "
                f"remote works, run the same command again"
            )

    def _end(self, job: Job, reference: Any) -> None:
        """Keep what a job made."""
        import ray

        try:
            outcome: Outcome = ray.get(reference)
        except Exception as error:
            self._fail(job, str(getattr(error, "cause", None) or error))
            return
        if outcome.error:
            self._fail(job, outcome.error)
        elif outcome.entries:
            add_to_run_cache(self.repo, outcome.entries)
            self.remote[job] = outcome
            if not outcome.kept:
                self._collect()
        elif changed := self._changed(job):
            self._fail(job, f"{', '.join(changed)} changed while it ran: its result is not kept")
        else:
            for step in job.steps:
                self.repo.commit(step.stage, force=True)
            self.display.end(job.name, outcome)

    def _changed(self, job: Job) -> list[str]:
        """What a job reads and somebody has changed since it began."""
        before, now = self.digests[job], read_digests(self.repo, job)
        return [path for path in now if now[path] != before.get(path)]

    def _fail(self, job: Job, why: str) -> None:
        self.failed[job.name] = why
        self.display.fail(job.name, why)

    def _collect(self) -> None:
        """Bring results of clones here, after a push that a node could not make before."""
        import ray

        for job, outcome in list(self.remote.items()):
            if outcome.kept:
                with suppress(ray.exceptions.RayError):  # the node has died
                    again = self._on(outcome.node_id, publish).remote(self.session, outcome.entries)
                    outcome.kept = ray.get(again)[1]
            if not outcome.kept and self._restored(job):
                del self.remote[job]
                self.display.end(job.name, outcome)

    def _restored(self, job: Job) -> bool:
        """Bring a job's results here by run cache and remote, if both have them."""
        try:
            for step in job.steps:
                restore(self.repo, step.stage, pull=True)
        except Exception:  # each kind of remote raises errors of its own
            return False
        return True

    def _stop(self, running: dict[Any, Job]) -> None:
        """End all jobs; each saves its state; keep those that ended well."""
        import ray

        for reference in running:
            ray.cancel(reference)
        done, _ = ray.wait(list(running), num_returns=len(running), timeout=STOP)
        for reference in done:
            with suppress(ray.exceptions.TaskCancelledError):
                self._end(running[reference], reference)


def alive_nodes() -> list[dict[str, Any]]:
    """Ray's facts of the nodes that work."""
    import ray

    return [node for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
