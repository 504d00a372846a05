"""`mtbert studies`: which experiments of the reports are still to be run, and keeping results."""

from pathlib import Path
from typing import Annotated

import typer

studies = typer.Typer(
    no_args_is_help=True, help="The experiments of the reports; run it in studies/"
)
Names = Annotated[list[str] | None, typer.Argument(help="Studies; all of them by default")]
Folder = Annotated[Path, typer.Option(help="Folder of the studies")]


@studies.command()
def missing(
    names: Names = None,
    folder: Folder = Path(),
    commands: Annotated[
        bool, typer.Option("--commands", help="Print shell commands, not DVC targets")
    ] = False,
) -> None:
    """List runs at the active budget missing from NAME/results, one per line, first seeds first.

    The commands read data/plans, which `dvc repro NAME/dvc.yaml:plan` writes.

    Examples:
    mtbert studies missing wang | xargs dvc repro
    mtbert studies missing --commands | xargs -P 2 -I{} sh -c '{}'
    """
    from mtbert.studies.budgets import read_budget
    from mtbert.studies.results import missing_runs
    from mtbert.studies.study import read_study

    budget, _ = read_budget(folder / "params.yaml")
    for path in study_files(names, folder):
        first = read_study(path).seeds
        for name, seed in missing_runs(path, budget=budget):
            more = "" if seed in first else "_more"
            target = f"{path.parent / 'dvc.yaml'}:evaluate{more}@{name}-{seed}"
            print(command(path.parent, name, seed) if commands else target)


def command(study: Path, name: str, seed: int) -> str:
    """What studies/NAME/dvc.yaml runs for one experiment and seed, as one line for a shell."""
    run, plan = f"{name}-{seed}", f"data/plans/{name}.yaml"
    folders = f"data/runs/{run} data/logs/{run}"
    return (
        f"cd {study} && python -m stages.train {plan} {seed} {folders} --no-last --no-test"
        f" && python -m stages.evaluate {plan} {folders} data/predictions/{run}"
        f" data/metrics/{run}.json --no-test --params ../params.yaml"
    )


@studies.command("collect")
def collect_runs(
    names: Names = None,
    folder: Folder = Path(),
    replace: Annotated[
        bool, typer.Option("--replace", help="Drop kept runs of another budget")
    ] = False,
) -> None:
    """Merge finished runs into the results that Git keeps (NAME/results).

    Example: mtbert studies collect wang
    """
    from mtbert.studies.results import merge_runs

    for path in study_files(names, folder):
        merged = merge_runs(path, folder / "params.yaml", replace=replace)
        print(f"{path.parent / 'results'}: {len(merged)} runs merged")


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
