"""Put together what there is of one study: its rows, printed figures, finished runs, answers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbert.core.commands import run

if TYPE_CHECKING:
    from mtbert.reporting.replication.collected import Replication


def main(
    study: Annotated[Path, typer.Argument(help="the study's file, studies/NAME/params.yaml")],
    plans: Annotated[Path, typer.Argument(help="folder of its plans")],
    reports: Annotated[Path, typer.Argument(help="its folder of metrics/, confusion/, runs/")],
    predictions: Annotated[Path, typer.Argument(help="its folder of ROW-SEED/TASK-dev.parquet")],
    out: Annotated[Path, typer.Argument(help="JSON file to write, for the pages")],
    answers: Annotated[Path, typer.Argument(help="folder to write: all answers on dev, by task")],
    exhibits: Annotated[Path, typer.Option(help="what to draw")] = Path("studies/figures.yaml"),
    complete: Annotated[
        bool, typer.Option("--complete", help="refuse a study with runs still to be made")
    ] = False,
    params: Annotated[Path, typer.Option(help="the params file")] = Path("params.yaml"),
    sweeps: Annotated[
        Path | None,
        typer.Option(help="CSV of `dvc exp show`: the sweeps from its first row"),
    ] = None,
) -> None:
    """Collect a study; runs that are still to be made are listed as missing."""
    from mtbert.claims.reading import gather as gather_answers
    from mtbert.core.errors import InputError
    from mtbert.core.outputs import new_folder, write_text
    from mtbert.core.schemas import write_table
    from mtbert.reporting.records import dumps

    check_plans(study, params, plans)
    made = gather(study, params, plans, reports, exhibits, sweeps)
    if complete and made.missing:
        first, count = next(iter(made.missing)), len(made.missing)
        raise InputError(
            f"{study}: {count} of {count + len(made.done)} runs are missing, the first is {first}; "
            f"`dvc repro {study.parent / 'dvc.yaml'}` makes them"
        )
    tables = gather_answers(predictions, made.runs)
    with new_folder(answers) as folder:
        for task, table in tables.items():
            write_table(folder / f"{task}.parquet", table)
    write_text(out, dumps(made))
    print(f"{made.study}: {len(made.done)} runs, {len(made.missing)} missing")


def gather(
    study: Path, params: Path, plans: Path, reports: Path, exhibits: Path, sweeps: Path | None
) -> "Replication":
    """Read a study's settings, its finished runs and the points of its sweeps."""
    from mtbert.core.tasks import LEADERBOARD, read_tasks
    from mtbert.reporting.replication.collected import Budget, Replication
    from mtbert.reporting.replication.collecting import collect_row
    from mtbert.reporting.replication.exhibits import read_exhibits
    from mtbert.reporting.replication.sweeps import read_points
    from mtbert.studies.budgets import read_budget
    from mtbert.studies.study import read_study

    asked, known = read_study(study), read_tasks(params)
    name, budget = read_budget(params)
    tasks = {task: known[task] for task in LEADERBOARD}
    rows = {
        row: collect_row(
            row,
            {
                "changes": changes or {},
                "printed": asked.printed[row].model_dump() if row in asked.printed else {},
                "choice": asked.choices.get(row, ""),
                "faulty": asked.faulty.get(row, ()),
            },
            seeds=(*asked.seeds, *(asked.again.seeds if row in asked.again.rows else ())),
            tasks=tasks,
            plans=plans,
            reports=reports,
        )
        for row, changes in asked.strategies.items()
    }
    return Replication(
        study=study.parent.name,
        title=asked.title,
        overall=asked.overall,
        budget=Budget(
            name=name,
            says=" ".join(budget.says.split()),
            limits=tuple(" ".join(one.split()) for one in budget.limits),
        ),
        choice=asked.choices.get("all", ""),
        tasks=tasks,
        rows=rows,
        exhibits=read_exhibits(exhibits, study.parent.name, rows=rows),
        points=read_points(sweeps, next(iter(rows))) if sweeps else (),
    )


def check_plans(study: Path, params: Path, plans: Path) -> None:
    """Make sure that the plans that there are cut the rows down as the budget at work does.

    Raises:
        InputError: one does not, so that the page would name a budget that its runs did not have.
    """
    from mtbert.core.errors import InputError
    from mtbert.experiments.plans import read_plan
    from mtbert.studies.study import read_rows

    found = [read_plan(path) for path in sorted(plans.glob("*.yaml"))]
    if not found:
        return
    now = read_rows(study, params, encoder=found[0].encoder.kind)
    for plan in found:
        if plan.strategy in now and plan.train != now[plan.strategy]:
            raise InputError(
                f"{plans / plan.strategy}.yaml: not what {study} and the budget of {params} give "
                f"now; `dvc repro {study.parent / 'dvc.yaml'}:plan` makes it anew"
            )


if __name__ == "__main__":
    run(main)
