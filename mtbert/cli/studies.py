"""`mtbert studies`: what is still to be run of the five reports, and keeping what was."""

from pathlib import Path
from typing import Annotated

import typer

studies = typer.Typer(
    no_args_is_help=True, help="The experiments of the five reports; call it in their folder."
)
# What `plan`, `train` and `evaluate` leave in the folder of a study (studies/NAME/dvc.yaml)
PLANS, RUNS, LOGS = "data/plans", "data/runs", "data/logs"
PREDICTIONS, METRICS = "data/predictions", "data/metrics"

Names = Annotated[list[str] | None, typer.Argument(help="Studies; all of them by default.")]
Folder = Annotated[Path, typer.Option(help="The folder of the studies.")]


@studies.command()
def missing(
    names: Names = None,
    folder: Folder = Path(),
    commands: Annotated[
        bool, typer.Option("--commands", help="Print shell commands, not targets of DVC.")
    ] = False,
) -> None:
    """Print the runs at the budget that the kept results lack, one a line, first seeds first.

    The commands read data/plans, which `dvc repro NAME/dvc.yaml:plan` writes.

    Examples:
    mtbert studies missing wang | xargs dvc repro
    mtbert studies missing --commands | xargs -P 2 -I{} sh -c '{}'
    """
    from mtbert.studies.budgets import read_budget
    from mtbert.studies.results import missing as lacking
    from mtbert.studies.study import read_study

    budget, _ = read_budget(folder / "params.yaml")
    for path in study_files(names, folder):
        first = read_study(path).seeds
        for name, seed in lacking(path, budget=budget):
            more = "" if seed in first else "_more"
            target = f"{path.parent / 'dvc.yaml'}:evaluate{more}@{name}-{seed}"
            print(command(path.parent, name, seed) if commands else target)


def command(study: Path, name: str, seed: int) -> str:
    """What dvc.yaml runs for one experiment and seed, as one line for a shell."""
    run = f"{name}-{seed}"
    plan = f"{PLANS}/{name}.yaml"
    train = f"python -m stages.train {plan} {seed} {RUNS}/{run} {LOGS}/{run} --no-last --no-test"
    evaluate = (
        f"python -m stages.evaluate {plan} {RUNS}/{run} {LOGS}/{run} {PREDICTIONS}/{run} "
        f"{METRICS}/{run}.json --no-test --params ../params.yaml"
    )
    return f"cd {study} && {train} && {evaluate}"


@studies.command()
def collect(
    names: Names = None,
    folder: Folder = Path(),
    replace: Annotated[
        bool, typer.Option("--replace", help="Drop kept runs of another budget.")
    ] = False,
) -> None:
    """Merge finished runs into the results that Git keeps (NAME/results).

    Example: mtbert studies collect wang
    """
    from mtbert.studies.results import collect as merge

    for path in study_files(names, folder):
        study = path.parent
        merged = merge(
            path,
            plans=study / PLANS,
            metrics=study / METRICS,
            predictions=study / PREDICTIONS,
            logs=study / LOGS,
            params=folder / "params.yaml",
            replace=replace,
        )
        print(f"{study / 'results'}: {len(merged)} runs merged")


def study_files(names: list[str] | None, folder: Path) -> list[Path]:
    """The params files of studies.

    Raises:
        InputError: there is no such study.
    """
    from mtbert.core.errors import InputError, choices

    files = {path.parent.name: path for path in sorted(folder.glob("*/params.yaml"))}
    if unknown := [name for name in names or () if name not in files]:
        raise InputError(f"{folder.absolute()}: {choices('study', unknown[0], files)}")
    return [files[name] for name in names or files]
