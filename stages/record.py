"""Keep a run of this workspace as a record of a study: scores, cost, logs, exact command.

Not a stage of the pipeline: run it after `dvc repro` or `dvc exp run` has brought all up to date.
"""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.cli import run


def main(
    study: Annotated[Path, typer.Argument(help="folder of the study")],
    title: Annotated[str, typer.Option(help="the run's name in the README")],
    note: Annotated[str, typer.Option(help="what a reader should know")] = "",
    strategy: Annotated[str, typer.Option(help="the strategy to keep")] = "main",
    replace: Annotated[bool, typer.Option("--replace", help="replace a former record")] = False,
    params: Annotated[Path, typer.Option(help="the params file")] = Path("params.yaml"),
    plans: Annotated[Path, typer.Option(help="folder of plans")] = Path("data/plans"),
    reports: Annotated[Path, typer.Option(help="folder of reports")] = Path("reports"),
) -> None:
    """Write STUDY/record.json and, beside it, STUDY/runs/ with the plan and the logs."""
    from mtbert.errors import InputError, choices
    from mtbert.outputs import new_folder, write_text
    from mtbert.reporting import records
    from mtbert.reporting.command import command
    from mtbert.reporting.results import read_strategy
    from mtbert.reporting.settings import read_scope

    scope, file = read_scope(params), study / records.FILE
    if strategy not in scope.strategies:
        raise InputError(f"--strategy: {choices('strategy', strategy, scope.strategies)}")
    if file.exists() and not replace:
        raise InputError(f"{file}: exists already; give --replace, or another folder")
    kept = read_strategy(strategy, scope, plans, reports)
    check_current(plans / f"{strategy}.yaml", params)
    made = records.record(kept, title=title, note=note, command=command(params))
    with new_folder(study / "runs") as folder:
        for name, source in records.attachments(kept, plans, reports).items():
            write_text(folder / name, source.read_text(encoding="utf-8"))
    write_text(file, made.model_dump_json(indent=2) + "\n")
    print(f"{file}: {made.command}")


def check_current(path: Path, params: Path) -> None:
    """Make sure that a plan is the one that the params file gives now.

    Raises:
        InputError: it is older, so that the command would not repeat what is recorded.
    """
    from mtbert.errors import InputError
    from mtbert.plans import planned_tasks, read_plan, read_source
    from mtbert.strategies import read_strategies
    from mtbert.tasks import read_tasks

    plan = read_plan(path)
    settings = read_strategies(params, encoder=plan.encoder.kind)[plan.strategy]
    tasks = planned_tasks(settings, read_tasks(params))
    if (settings, read_source(params), tasks) != (plan.train, plan.data_source, plan.tasks):
        raise InputError(f"{path}: not what {params} gives now; run `dvc repro` first")


if __name__ == "__main__":
    run(main)
