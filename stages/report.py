"""Compare the strategies: results.md, strategies.json and one HTML page.

Reads, for the strategies and seeds of the params file: PLANS, REPORTS/metrics/runs, and the folders
of --logs (data/logs), --predictions (data/predictions) and --summaries (data/summaries). At git
HEAD it reads REPORTS/metrics/runs as committed.
"""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    plans: Annotated[Path, typer.Argument(help="Folder of the strategies' plans")],
    reports: Annotated[Path, typer.Argument(help="Folder of metrics/runs/, and output folder")],
    logs: Annotated[Path, typer.Option(help="Folder of training's logs")] = Path("data/logs"),
    predictions: Annotated[Path, typer.Option(help="Folder of the runs' predictions")] = Path(
        "data/predictions"
    ),
    summaries: Annotated[Path, typer.Option(help="Folder of the data's summaries")] = Path(
        "data/summaries"
    ),
    params: Annotated[Path, typer.Option(help="Params file")] = Path("params.yaml"),
    readme: Annotated[Path | None, typer.Option(help="Refresh the results in this file")] = None,
) -> None:
    """Write results.md, metrics/strategies.json and index.html into REPORTS; print the scores."""
    from mtbert.core.outputs import write_text
    from mtbert.reporting import results
    from mtbert.reporting.committed import compare
    from mtbert.reporting.page import render, report_content
    from mtbert.reporting.report import read_report
    from mtbert.reporting.scope import read_scope

    metrics = reports / "metrics" / "runs"
    report = read_report(
        read_scope(params),
        plans,
        logs=logs,
        metrics=metrics,
        predictions=predictions,
        summaries=summaries,
    )
    changed = compare(report, metrics)
    content = report_content(report, changed)
    write_text(reports / "results.md", render("results.md.jinja", **content))
    write_text(reports / "metrics" / "strategies.json", results.strategies_json(report))
    write_text(reports / "index.html", render("report.html.jinja", **content))
    if readme is not None:
        results.refresh(readme, results.readme_blocks(report))
    print(results.terminal(report, changed))


if __name__ == "__main__":
    run(main)
