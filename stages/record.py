"""Keep strategies of this workspace as a study: scores, cost, logs, the exact command, a page.

Not a stage of the pipeline: run it after `dvc repro` or `dvc exp run` has brought all up to date.
"""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    study: Annotated[Path, typer.Argument(help="folder of the study")],
    title: Annotated[str, typer.Option(help="the study's name")],
    note: Annotated[str, typer.Option(help="what a reader should know")] = "",
    strategy: Annotated[
        list[str] | None, typer.Option(help="a strategy to keep, may be repeated; else all")
    ] = None,
    rows: Annotated[
        str,
        typer.Option(help="setting, or several joined by +, to lay across --columns: heads.sts"),
    ] = "",
    columns: Annotated[str, typer.Option(help="the other setting: encoding.sts")] = "",
    metric: Annotated[
        list[str] | None, typer.Option(help="what to show there, may be repeated: sts.pearson")
    ] = None,
    conflicts: Annotated[
        bool, typer.Option("--conflicts", help="tell how the tasks' gradients lie to each other")
    ] = False,
    times: Annotated[
        Path | None, typer.Option(help="result of benchmarks/step_time.py on the same plans")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="replace a former record")] = False,
    params: Annotated[Path, typer.Option(help="the params file")] = Path("params.yaml"),
    plans: Annotated[Path, typer.Option(help="folder of plans")] = Path("data/plans"),
    reports: Annotated[Path, typer.Option(help="folder of reports")] = Path("reports"),
) -> None:
    """Write STUDY/record.json, README.md, dots.svg, and runs/ with the plans and the logs."""
    from mtbert.core.errors import InputError, choices
    from mtbert.reporting import recording, records, studies
    from mtbert.reporting.command import command
    from mtbert.reporting.crossing import read_cross
    from mtbert.reporting.extras import read_times
    from mtbert.reporting.results import read_strategy
    from mtbert.reporting.settings import read_scope

    if not replace:
        studies.check_free(study)
    cross, scope = read_cross(rows, columns, metric or []), read_scope(params)
    names = list(dict.fromkeys(strategy or scope.strategies))
    if unknown := [name for name in names if name not in scope.strategies]:
        raise InputError(f"--strategy: {choices('strategy', unknown[0], scope.strategies)}")
    kept = [read_strategy(name, scope, plans, reports) for name in names]
    check_current([plans / f"{name}.yaml" for name in names], params)
    made = recording.record(
        kept,
        title=title,
        note=note,
        command=command(params),
        cross=cross,
        conflicts=conflicts,
        times=read_times(times, names) if times else None,
    )
    # All is made before any of it is written.
    pages = {**studies.render(made), records.FILE: records.dumps(made)}
    write(study, pages, recording.attachments(kept, plans, reports))
    print(f"{study / studies.PAGE}: {made.command}")


def write(study: Path, pages: dict[str, str], attachments: dict[str, Path]) -> None:
    """Write a study: copies of the attachments first, the record last."""
    from mtbert.core.outputs import new_folder, write_text
    from mtbert.reporting.studies import RUNS

    with new_folder(study / RUNS) as folder:
        for name, source in attachments.items():
            write_text(folder / name, source.read_text(encoding="utf-8"))
    for name, text in pages.items():
        write_text(study / name, text)


def check_current(files: list[Path], params: Path) -> None:
    """Make sure that plans are the ones that the params file gives now.

    Raises:
        InputError: one is older, so that the command would not repeat what is recorded.
    """
    from mtbert.core.errors import InputError
    from mtbert.core.tasks import read_tasks
    from mtbert.experiments.plans import asked, read_plan, read_source
    from mtbert.experiments.strategies import read_strategies

    tasks, source = read_tasks(params), read_source(params)
    found = {path: read_plan(path) for path in files}
    kinds = {plan.encoder.kind for plan in found.values()}
    now = {kind: read_strategies(params, encoder=kind) for kind in kinds}
    for path, plan in found.items():
        current = asked(now[plan.encoder.kind][plan.strategy], tasks, source)
        if any(getattr(plan, key) != value for key, value in current.items()):
            raise InputError(f"{path}: not what {params} gives now; run `dvc repro` first")


if __name__ == "__main__":
    run(main)
