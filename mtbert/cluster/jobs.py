"""Which runs of a DVC pipeline can run side by side, and which of them are not up to date.

DVC resolves the stages and their commands; nothing here reads dvc.yaml.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtbert.core.errors import InputError
from mtbert.core.lifetime import signals_held_back

if TYPE_CHECKING:
    from dvc.repo import Repo

# Commands of a run's stages, in a clone and in a project of `mtbert init`; none needs a shell.
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
    """The stages of one run, which depend on each other and on no other job."""

    name: str  # the run's, with the folder of its study
    steps: tuple[Step, ...]
    inputs: tuple[str, ...]  # outputs of other stages that it reads


@dataclass(frozen=True)
class Work:
    """The work of `mtbert run`."""

    before: tuple[str, ...]  # stages that jobs wait for; DVC runs them one after the other
    jobs: tuple[RunJob, ...]


def find_work(repo: "Repo", targets: Sequence[str]) -> Work:
    """Collect the jobs that targets need; by default those of the working directory's dvc.yaml.

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
        # A plan names inputs of its own stage by digest: a run reads them, too.
        makers |= {maker for stage in makers for maker in graph[stage]}
        inputs = sorted(relative(repo, out.fs_path) for stage in makers for out in stage.outs)
        steps = tuple(step_of(repo, stage) for stage in ordered)
        jobs.append(RunJob(job_name(steps), steps, tuple(inputs)))
    order = {address(repo, stage): i for i, stage in enumerate(wanted)}
    last = len(order)
    jobs.sort(key=lambda job: min(order.get(step.stage, last) for step in job.steps))
    return Work(tuple(sorted(address(repo, stage) for stage in before)), tuple(jobs))


def collect_stages(repo: "Repo", targets: Sequence[str]) -> tuple[Any, list[Any], set[Any]]:
    """DVC's graph, with edges from a stage to those it reads; the targets; all stages they need.

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
    """The commands of one of DVC's stages; none if it only tracks data."""
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
    """Jobs that must run, each from its first stage without a result here or in the run cache.

    Results in the run cache are restored, with `pull` from the DVC remote. Call it in the root of
    the repository.
    """
    from dvc.repo import lock_repo

    rest = []
    with lock_repo(repo):
        stages = stages_by_address(repo)
        for job in jobs:
            for number, step in enumerate(job.steps):
                if not up_to_date(repo, stages[step.stage], pull=pull):
                    outputs = [out for done in job.steps[:number] for out in done.outputs]
                    rest.append(RunJob(job.name, job.steps[number:], (*job.inputs, *outputs)))
                    break
    return rest


def all_up_to_date(repo: "Repo", targets: Sequence[str]) -> bool:
    """Whether `dvc repro` of some targets, of dvc.yaml by default, has nothing to do."""
    from dvc.repo import lock_repo

    with lock_repo(repo):
        return not any(stage.changed() for stage in collect_stages(repo, targets)[2])


def stages_by_address(repo: "Repo") -> dict[str, Any]:
    """DVC's stages; call it inside `lock_repo`, where DVC reads its files once.

    Looking up stages one by one would read the whole file each time: quadratic in their number.
    """
    return {address(repo, stage): stage for stage in repo.index.stages}


def up_to_date(repo: "Repo", stage: Any, *, pull: bool = False) -> bool:
    """Whether a stage need not run; its result may come from the run cache.

    The run cache holds results of the same inputs from any machine.
    """
    from dvc.stage.cache import RunCacheNotFoundError

    if not stage.changed():
        return True
    if not all(dep.exists for dep in stage.deps):
        return False
    with suppress(RunCacheNotFoundError):
        restore(repo, stage, pull=pull)
        record([stage])
        return True
    return False


def restore(repo: "Repo", stage: Any, *, pull: bool = False) -> None:
    """Restore a stage's outputs from the run cache.

    Raises:
        RunCacheNotFoundError: the run cache has no result for these inputs.
    """
    stage.remove_outs(ignore_remove=False, force=False)  # as DVC does
    repo.stage_cache.restore(stage, pull=pull)


def record(stages: Iterable[Any]) -> None:
    """Record stages as done, as `dvc commit --force` does, but write dvc.lock only once.

    That takes DVC time in proportion to all that dvc.lock holds (docs/scale.md). It writes in
    place: a signal halfway through would lose everything recorded before.
    """
    files: dict[str, tuple[Any, list[Any]]] = {}
    for stage in stages:
        stage.save()
        stage.commit()
        files.setdefault(stage.path, (stage.dvcfile, []))[1].append(stage)
    with signals_held_back():
        for file, own in files.values():
            file.dump_stages(own, update_pipeline=False)


def read_digests(stages: Mapping[str, Any], job: RunJob) -> dict[str, str]:
    """Digests of what a job reads (code, plan, parameters), by path and stage.

    They include the stage's commands. The digest of a missing file is empty, and so is that of
    commands if DVC would now run others, or none.
    """
    named = [stages[step.stage] for step in job.steps if step.stage in stages]
    own = {out.fs_path for stage in named for out in stage.outs}
    digests: dict[str, str] = {}
    for step in job.steps:
        stage = stages.get(step.stage)
        same = stage is not None and commands(stage) == step.commands
        digests[f"command of {step.stage}"] = "same" * same
        for dep in stage.deps if stage else ():
            if dep.fs_path not in own:
                now = copy(dep)  # the stage's own is what dvc.lock has
                if dep.exists:
                    now.save()
                digests[f"{dep} of {step.stage}"] = str(now.hash_info) if dep.exists else ""
    return digests
