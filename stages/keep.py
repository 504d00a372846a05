"""Keep the studies' results in the project: what the pages are drawn from, each run's own record.

Not a stage of the pipeline: run it after `dvc repro studies/dvc.yaml`, at the budget to be shown.
"""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.cli import run


def main(
    reports: Annotated[Path, typer.Argument(help="where the pipeline left them")] = Path(
        "reports/studies"
    ),
    out: Annotated[Path, typer.Argument(help="folder of studies")] = Path("studies"),
) -> None:
    """Copy claims.json and each study's replication.json and records of runs; draw the pages."""
    from mtbert.outputs import new_folder, write_text
    from mtbert.reporting.replication.answers import FILE as CLAIMS
    from mtbert.reporting.replication.collected import FILE, read_replications
    from stages.studies_page import render

    # All is read, and found to belong together, before any of it is written.
    pages, found = render(reports), read_replications(reports)
    runs = {
        name: records(
            reports / name,
            [f"{row}-{run.seed}" for row, own in one.rows.items() for run in own.runs],
        )
        for name, one in found.items()
    }
    for name, kept in runs.items():
        with new_folder(out / name / "runs") as folder:
            for path, text in kept.items():
                write_text(folder / path, text)
    files = [CLAIMS, *(f"{name}/{FILE}" for name in found)]
    texts = {path: (reports / path).read_text(encoding="utf-8") for path in files}
    for path, text in {**texts, **pages}.items():
        write_text(out / path, text)
    for name, one in found.items():
        print(f"{out / name}: {len(one.done)} runs, {len(one.missing)} missing")


def records(reports: Path, runs: list[str]) -> dict[str, str]:
    """What each run (`row-seed`) says of itself, and its scores: file name -> content.

    Raises:
        InputError: one is not there.
    """
    from mtbert.errors import InputError

    found = {}
    for run_name in runs:
        for kept, path in (
            ("run.json", reports / "runs" / run_name / "run.json"),
            ("metrics.json", reports / "metrics" / f"{run_name}.json"),
        ):
            if not path.is_file():
                raise InputError(f"{path}: no such file; `dvc repro` of its study makes it")
            found[f"{run_name}/{kept}"] = path.read_text(encoding="utf-8")
    return found


if __name__ == "__main__":
    run(main)
