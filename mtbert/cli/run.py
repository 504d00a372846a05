"""`mtbert run`: the runs of a pipeline side by side, on this machine or a Ray cluster."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import warn
from mtbert.core.errors import InputError
from mtbert.core.lifetime import Terminated

Targets = Annotated[
    list[str] | None, typer.Argument(help="As of `dvc repro`; all of dvc.yaml by default")
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", help="Runs at once on this machine", min=1)
]
Address = Annotated[str | None, typer.Option(help="A Ray cluster instead: HOST:PORT or auto")]
Cpus = Annotated[int | None, typer.Option(help="Cores of a run, and its threads", min=1)]
Gpus = Annotated[float | None, typer.Option(help="GPUs of a run: 0.25 lets four share one", min=0)]
Retries = Annotated[
    int,
    typer.Option(
        help="Further tries of a run that ended without its result, bad input aside", min=0
    ),
]
Clones = Annotated[
    bool, typer.Option("--clones", help="Nodes never work in this folder, even if they see it")
]
Pause = Annotated[
    float,
    typer.Option(help="Seconds between two states that go to the DVC remote; 0: none", min=0),
]


def run_command(
    targets: Targets = None,
    jobs: Jobs = None,
    address: Address = None,
    cpus_per_run: Cpus = None,
    gpus_per_run: Gpus = None,
    retries: Retries = 3,
    clones: Clones = False,
    push_states: Pause = 600,
) -> None:
    """Train and evaluate runs side by side; `dvc repro` then has nothing left to do.

    By default one run for each GPU, or for each core. Ctrl-C keeps finished runs; the rest resume.
    Extra: cluster.

    Examples:
    mtbert run --jobs 4
    mtbert run --jobs 4 --gpus-per-run 0.25
    mtbert run wu/dvc.yaml:evaluate --address auto
    """
    from mtbert.cluster.connection import Cluster  # before Ray is imported
    from mtbert.cluster.driver import run_targets
    from mtbert.core.extras import need

    need("cluster")
    check_options(address, jobs, gpus_per_run)
    check_lists(Path("params.yaml"))
    cores = core_count()
    jobs = jobs or count_gpus() or cores
    cpus = cpus_per_run or (1 if address else max(1, cores // jobs))
    cluster = Cluster(address, jobs, cpus, gpus_per_run, retries, clones, push_states)
    try:
        failed = run_targets(targets or [], cluster)
    except KeyboardInterrupt as stop:
        warn("stopped: finished runs are kept, the others resume when you run this again")
        raise typer.Exit(143 if isinstance(stop, Terminated) else 130) from None
    warn_of(failed)
    raise typer.Exit(int(bool(failed)))


def warn_of(failed: Mapping[str, str]) -> None:
    """Say why runs failed, and what did not run for it."""
    for name, why in failed.items():
        for line in f"{name}: {why}".splitlines():
            warn(line)
    if failed:
        warn(f"failed runs: {len(failed)}; the stages after them, such as report, did not run")


def check_lists(params: Path) -> None:
    """Refuse what dvc.yaml makes stages of where it is no list or mapping: DVC names no place."""
    from mtbert.augmentation.settings import read_augment
    from mtbert.core.params import read_yaml
    from mtbert.core.tasks import read_tasks
    from mtbert.evaluation.ensembles import read_ensembles
    from mtbert.experiments.strategies import check_names

    if params.is_file() and "budgets" not in (content := read_yaml(params)):
        check_names(content.get("strategies"), params)
        read_ensembles(params)
        read_augment(params, read_tasks(params))


def count_gpus() -> int:
    """GPUs of this machine."""
    from torch import cuda

    return cuda.device_count()


def core_count() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_options(address: str | None, jobs: int | None, gpus: float | None) -> None:
    """Refuse options that exclude each other, and what Ray does not deal out."""
    if address and jobs:
        raise InputError("--jobs: a cluster makes as many runs at once as it has room for")
    if gpus and not address and gpus > (count := count_gpus()):
        raise InputError(
            f"--gpus-per-run: expected at most {count} on this machine, found {gpus:g}"
        )
    if gpus and gpus > 1 and gpus % 1:
        raise InputError(f"--gpus-per-run: expected at most 1, or whole ones, found {gpus:g}")
