"""`mtbert run`: the runs of a pipeline side by side, on this machine or a Ray cluster."""

import os
from typing import Annotated

import typer

from mtbert.core.commands import warn
from mtbert.core.errors import InputError


def run_command(
    targets: Annotated[
        list[str] | None, typer.Argument(help="As of `dvc repro`; all of dvc.yaml by default")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", help="Runs at once on this machine", min=1)
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="A Ray cluster instead: HOST:PORT or auto")
    ] = None,
    cpus_per_run: Annotated[
        int | None, typer.Option(help="Cores of a run, and its threads", min=1)
    ] = None,
    gpus_per_run: Annotated[
        float | None, typer.Option(help="GPUs of a run: 0.25 lets four share one", min=0)
    ] = None,
    retries: Annotated[
        int, typer.Option(help="Further tries of a run whose process or node died", min=0)
    ] = 3,
    clones: Annotated[
        bool, typer.Option("--clones", help="Nodes never work in this folder, even if they see it")
    ] = False,
    push_states: Annotated[
        float,
        typer.Option(help="Seconds between two states that go to the DVC remote; 0: none", min=0),
    ] = 600,
) -> None:
    """Train and evaluate runs side by side; `dvc repro` then has nothing left to do.

    One run for each GPU by default, or for each core. Ctrl-C keeps what is finished; the others
    resume from their last state. Extra: cluster.

    Examples:
    mtbert run --jobs 4
    mtbert run --jobs 4 --gpus-per-run 0.25
    mtbert run wu/dvc.yaml:evaluate --address auto
    """
    from mtbert.core.extras import need

    need("cluster")
    from mtbert.cluster.connection import Cluster
    from mtbert.cluster.driver import run_targets

    if address and jobs:
        raise InputError("--jobs: a cluster makes as many runs at once as it has room for")
    if gpus_per_run and gpus_per_run > 1 and not gpus_per_run.is_integer():
        raise InputError(
            f"--gpus-per-run: expected at most 1 or a whole number, found {gpus_per_run:g}"
        )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    jobs = jobs or count_gpus() or cores or 1
    cluster = Cluster(
        address=address,
        jobs=jobs,
        cpus=cpus_per_run or (1 if address else max(1, (cores or 1) // jobs)),
        gpus=gpus_per_run,
        retries=retries,
        clones=clones,
        push_states=push_states,
    )
    try:
        failed = run_targets(targets or [], cluster)
    except KeyboardInterrupt:
        warn("stopped: finished runs are kept, the others resume when you run this again")
        raise typer.Exit(130) from None
    for name, why in failed.items():
        for line in f"{name}: {why}".splitlines():
            warn(line)
    raise typer.Exit(int(bool(failed)))


def count_gpus() -> int:
    """GPUs of this machine."""
    from torch import cuda

    return cuda.device_count()
