"""Name the runs that the kept results of the studies still lack, as targets of `dvc repro`.

Not a stage of the pipeline: `python -m stages.missing | xargs -r dvc repro`, on whatever machine,
makes them; `make pages` and `python -m stages.keep` then join them to what is kept. Plans are not
compared: a kept run whose row has changed since counts as kept here, and `stages.keep` tells of it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbert.core.commands import run

if TYPE_CHECKING:
    from mtbert.reporting.replication.collected import Replication
    from mtbert.studies.study import Study


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="studies to look at; all of them by default")
    ] = None,
    folder: Annotated[Path, typer.Option(help="folder of studies")] = Path("studies"),
    params: Annotated[Path, typer.Option(help="the params file")] = Path("params.yaml"),
) -> None:
    """Print a target a line, first seeds first; nothing where all runs are kept."""
    from mtbert.core.errors import InputError, choices
    from mtbert.reporting.replication.collected import read_replications
    from mtbert.studies.budgets import read_budget
    from mtbert.studies.study import read_study

    asked = {path.parent.name: read_study(path) for path in sorted(folder.glob("*/params.yaml"))}
    if unknown := [name for name in names or () if name not in asked]:
        raise InputError(choices("study", unknown[0], asked))
    kept, (budget, _) = read_replications(folder), read_budget(params)
    for name, one in kept.items():
        if one.done and one.budget.name != budget:
            raise InputError(
                f"{params}: budget: expected {one.budget.name!r}, which the runs kept in "
                f"{folder / name} have, found {budget!r}"
            )
    first: list[str] = []
    again: list[str] = []
    for name in names or asked:
        file = (folder / name / "dvc.yaml").as_posix()
        lost = lacking(asked[name], kept.get(name))
        first += [f"{file}:evaluate@{run_name}" for run_name in lost[0]]
        again += [f"{file}:evaluate_again@{run_name}" for run_name in lost[1]]
    for target in (*first, *again):
        print(target)


def lacking(study: "Study", kept: "Replication | None") -> tuple[list[str], list[str]]:
    """Give the runs (`row-seed`) of a study that are not kept: of every row's seeds, of others."""
    rows = {} if kept is None else kept.rows
    done = {name: {one.seed for one in row.runs} for name, row in rows.items()}

    def missing(names: tuple[str, ...], seeds: tuple[int, ...]) -> list[str]:
        return [f"{n}-{s}" for s in seeds for n in names if s not in done.get(n, ())]

    return (
        missing(tuple(study.strategies), tuple(study.seeds)),
        missing(study.again.rows, tuple(study.again.seeds)),
    )


if __name__ == "__main__":
    run(main)
