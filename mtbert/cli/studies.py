"""`mtbert studies`: which experiments of the reports are still to be run, and keeping results."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mtbert.claims.claim import Claim, Claims

studies = typer.Typer(
    no_args_is_help=True, help="The experiments of the reports; run it in studies/"
)
Names = Annotated[list[str] | None, typer.Argument(help="Studies; all of them by default")]
Folder = Annotated[Path, typer.Option(help="Folder of the studies")]


@studies.command()
def missing(
    names: Names = None,
    folder: Folder = Path(),
    primary: Annotated[
        bool, typer.Option("--primary", help="Only runs behind primary claims")
    ] = False,
    claim: Annotated[
        list[str] | None, typer.Option("--claim", help="Only runs behind this claim")
    ] = None,
) -> None:
    """List runs at the active budget missing from NAME/results, one per line.

    As targets of DVC: first seeds first; of claims, the runs that decide one soonest.

    Example: mtbert studies missing --primary | xargs mtbert run
    """
    from mtbert.studies.budgets import read_budget
    from mtbert.studies.order import ordered_runs
    from mtbert.studies.results import missing_runs
    from mtbert.studies.study import read_study

    budget, _ = read_budget(folder / "params.yaml")
    files = {path.parent.name: path for path in study_files(names, folder)}
    if primary or claim:
        runs = ordered_runs(folder, read_selected(folder, [*files], claim))
    else:
        runs = [(s, *run) for s, path in files.items() for run in missing_runs(path, budget=budget)]
    studies = {name: read_study(path) for name, path in files.items()}
    for study, name, seed in runs:
        stage = studies[study].stage("evaluate", seed)
        print(f"{folder / study / 'dvc.yaml'}:{stage}@{name}-{seed}")


def read_selected(folder: Path, studies: list[str], names: list[str] | None) -> "list[Claim]":
    """The claims of these names, or the primary ones, of some studies.

    Raises:
        InputError: there is no such claim.
    """
    from mtbert.core.errors import InputError, choices

    read = read_all_claims(folder)
    if unknown := [name for name in names or () if name not in read.claims]:
        raise InputError(f"{folder / 'claims.yaml'}: {choices('claim', unknown[0], read.claims)}")
    claims = [read.claims[name] for name in names] if names else [*read.primary.values()]
    return [claim for claim in claims if claim.study in studies]


def read_all_claims(folder: Path) -> "Claims":
    """Read the file of claims."""
    from mtbert.claims.claim import read_claims
    from mtbert.studies.study import read_study

    runs = {path.parent.name: read_study(path).runs() for path in study_files(None, folder)}
    return read_claims(folder / "claims.yaml", runs)


@studies.command("collect")
def collect_runs(
    names: Names = None,
    folder: Folder = Path(),
    replace: Annotated[
        bool, typer.Option("--replace", help="Drop kept runs of another budget or plan")
    ] = False,
) -> None:
    """Merge finished runs into the results that Git keeps (NAME/results).

    Example: mtbert studies collect wang
    """
    from mtbert.studies.results import merge_runs

    for path in study_files(names, folder):
        merged = merge_runs(path, folder / "params.yaml", replace=replace)
        print(f"{path.parent / 'results'}: {len(merged)} runs merged")


@studies.command("variances")
def record_variances(folder: Folder = Path()) -> None:
    """Record what the power of the primary claims is worked out from: variances of kept results.

    Example: mtbert studies variances
    """
    from mtbert.studies.variances import FILE, write_variances

    claims = read_all_claims(folder).primary.values()
    print(f"{folder / FILE}: {write_variances(folder, claims)} rows")


def study_files(names: list[str] | None, folder: Path) -> list[Path]:
    """The params files of studies.

    Raises:
        InputError: there is no such study, or the name of one does not fit.
    """
    from mtbert.core.errors import InputError, choices
    from mtbert.core.names import check_name

    files = {path.parent.name: path for path in sorted(folder.glob("*/params.yaml"))}
    for name in files:  # `missing` prints it for a shell
        check_name(name, where=f"{folder}: rename a folder")
    if unknown := [name for name in names or () if name not in files]:
        raise InputError(f"{folder.absolute()}: {choices('study', unknown[0], files)}")
    return [files[name] for name in names or files]
