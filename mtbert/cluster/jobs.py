"""Which runs of a DVC pipeline can be made side by side, and which of them are not up to date.

DVC resolves the stages and their commands; nothing here reads dvc.yaml.
"""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtbert.core.errors import InputError

if TYPE_CHECKING:
    from dvc.repo import Repo

# What the stages of a run start, in a clone and in a project of `mtbert init`; no shell reads it.
MAKES_RUN = re.compile(r"python -m (mtbert\.)?stages\.(train|evaluate) [^|&;<>$`\n]*")


@dataclass(frozen=True)
class Step:
    """A stage of a job. Paths are relative to the root of the DVC repository."""

    stage: str  # as `dvc repro` takes it in the root
    commands: tuple[str, ...]
    folder: str  # where they run
    outputs: tuple[str, ...]  # removed before it runs


@dataclass(frozen=True)
class RunJob:
    """Stages that need each other and nothing of another job: those of one run."""

    name: str  # the run's, with the folder of its study
    steps: tuple[Step, ...]
    inputs: tuple[str, ...]  # outputs of other stages that it reads


@dataclass(frozen=True)
class Work:
    """What `mtbert run` has to do."""

    before: tuple[str, ...]  # stages that jobs wait for, made one after the other by DVC
    jobs: tuple[RunJob, ...]


def find_work(repo: "Repo", targets: Sequence[str]) -> Work:
    """Collect the jobs behind targets, of the dvc.yaml of the working directory by default.

    Raises:
        InputError: DVC does not know a target, or cannot read a dvc.yaml.
    """
    import networkx as nx

    graph, wanted, needed = collect_stages(repo, targets)
    runs = graph.subgraph(stage for stage in needed if makes_run(stage))
    before = set().union(*(nx.descendants(graph, stage) for stage in runs)) - set(runs)
    jobs = []
    for group in nx.weakly_connected_components(runs):
        ordered = list(reversed(list(nx.topological_sort(runs.subgraph(group)))))
        makers = {maker for stage in ordered for maker in graph[stage]} - group
        # A plan names by digest what its makers read: a run reads that, too.
        makers |= {maker for stage in makers for maker in graph[stage]}
        inputs = sorted(relative(repo, out.fs_path) for stage in makers for out in stage.outs)
        steps = tuple(step_of(repo, stage) for stage in ordered)
        jobs.append(RunJob(job_name(steps), steps, tuple(inputs)))
    order = {address(repo, stage): i for i, stage in enumerate(wanted)}
    last = len(order)
    jobs.sort(key=lambda job: min(order.get(step.stage, last) for step in job.steps))
    return Work(tuple(sorted(address(repo, stage) for stage in before)), tuple(jobs))


def collect_stages(repo: "Repo", targets: Sequence[str]) -> tuple[Any, list[Any], set[Any]]:
    """DVC's graph, in which an arrow leads from a stage to what it reads; targets; all they need.

    Raises:
        InputError: DVC does not know a target, or cannot read a dvc.yaml.
    """
    import networkx as nx
    from dvc.exceptions import DvcException

    try:
        graph = repo.index.graph
        wanted = [s for target in targets or ["dvc.yaml"] for s in repo.stage.collect(target)]
    except DvcException as error:
        raise InputError(f"{' '.join(targets) or 'dvc.yaml'}: {error}") from None
    return graph, wanted, set(wanted).union(*(nx.descendants(graph, stage) for stage in wanted))


def commands(stage: Any) -> tuple[str, ...]:
    """The commands of one of DVC's stages; none where it only names data."""
    return (stage.cmd,) if isinstance(stage.cmd, str) else tuple(stage.cmd or ())


def makes_run(stage: Any) -> bool:
    """Whether one of DVC's stages trains or evaluates a run."""
    return bool(commands(stage)) and all(map(MAKES_RUN.fullmatch, commands(stage)))


def step_of(repo: "Repo", stage: Any) -> Step:
    """Describe one of DVC's stages so that another machine can run it."""
    outputs = tuple(relative(repo, out.fs_path) for out in stage.outs if not out.persist)
    return Step(address(repo, stage), commands(stage), relative(repo, stage.wdir), outputs)


def address(repo: "Repo", stage: Any) -> str:
    """Name a stage as `dvc repro` takes it in the root, wherever the working directory is."""
    return f"{relative(repo, stage.path)}:{stage.name}"


def relative(repo: "Repo", path: str) -> str:
    """A path relative to the root of the repository."""
    return os.path.relpath(path, repo.root_dir)


def job_name(steps: Sequence[Step]) -> str:
    """The run's name: `main-1`, or `wu/model-1` in a study."""
    folder, (_, _, run) = steps[0].folder, steps[0].stage.rpartition("@")
    return run if folder == "." else f"{Path(folder).name}/{run}"


def unfinished(repo: "Repo", jobs: Sequence[RunJob], *, pull: bool = False) -> list[RunJob]:
    """What must run: jobs from their first stage on that has no result, here or in the run cache.

    What the run cache has is brought back, with `pull` from the DVC remote. Call it in the root of
    the repository.
    """
    from dvc.repo import lock_repo

    rest = []
    with lock_repo(repo):  # DVC reads its files once
        for job in jobs:
            for number, step in enumerate(job.steps):
                if not up_to_date(repo, step.stage, pull=pull):
                    outputs = [out for done in job.steps[:number] for out in done.outputs]
                    rest.append(RunJob(job.name, job.steps[number:], (*job.inputs, *outputs)))
                    break
    return rest


def all_up_to_date(repo: "Repo", targets: Sequence[str]) -> bool:
    """Whether `dvc repro` of some targets, of dvc.yaml by default, has nothing to do."""
    from dvc.repo import lock_repo

    with lock_repo(repo):
        return not any(stage.changed() for stage in collect_stages(repo, targets)[2])


def up_to_date(repo: "Repo", stage: str, *, pull: bool = False) -> bool:
    """Whether a stage need not run; its result may come from the run cache.

    A run cache holds what any machine has made of the same inputs.
    """
    from dvc.repo import lock_repo
    from dvc.stage.cache import RunCacheNotFoundError

    with lock_repo(repo):
        loaded = repo.stage.collect(stage)[0]
        if not loaded.changed():
            return True
        if not all(dep.exists for dep in loaded.deps):
            return False
        with suppress(RunCacheNotFoundError):
            restore(repo, stage, pull=pull)
            record(repo, [stage])
            return True
    return False


def restore(repo: "Repo", stage: str, *, pull: bool = False) -> None:
    """Bring a stage's outputs back by the run cache.

    Raises:
        RunCacheNotFoundError: the run cache has no result for these inputs.
    """
    from dvc.repo import lock_repo

    with lock_repo(repo):
        loaded = repo.stage.collect(stage)[0]
        loaded.remove_outs(ignore_remove=False, force=False)  # of other inputs, as DVC does
        repo.stage_cache.restore(loaded, pull=pull)


def record(repo: "Repo", stages: Sequence[str]) -> None:
    """Record that stages were made, as `dvc commit --force` does, but write dvc.lock once.

    Writing it takes DVC most of a second, and longer the more it holds.
    """
    from dvc.repo import lock_repo

    files: dict[str, tuple[Any, list[Any]]] = {}
    with lock_repo(repo):
        for loaded in (repo.stage.collect(stage)[0] for stage in stages):
            loaded.save()
            loaded.commit()
            files.setdefault(loaded.path, (loaded.dvcfile, []))[1].append(loaded)
        for file, own in files.values():
            file.dump_stages(own, update_pipeline=False)


def read_digests(repo: "Repo", job: RunJob) -> dict[str, str]:
    """By path and stage, the digest of what a job reads: code, plan, parameters.

    Among them the stage's commands, with an empty digest where DVC would now run others.
    """
    from dvc.repo import lock_repo

    digests: dict[str, str] = {}
    with lock_repo(repo):
        stages = [repo.stage.collect(step.stage)[0] for step in job.steps]
        own = {out.fs_path for stage in stages for out in stage.outs}
        for step, stage in zip(job.steps, stages, strict=True):
            digests[f"command of {step.stage}"] = "same" * (commands(stage) == step.commands)
            for dep in stage.deps:
                if dep.fs_path not in own:
                    dep.save()
                    digests[f"{dep} of {step.stage}"] = str(dep.hash_info)
    return digests
