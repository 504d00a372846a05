"""Put all runs side by side: tables in Markdown and one HTML page."""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    plans: Annotated[Path, typer.Argument(help="folder of the strategies' plans")],
    reports: Annotated[Path, typer.Argument(help="folder of runs/, metrics/, confusion/, data/")],
    params: Annotated[Path, typer.Option(help="the params file")] = Path("params.yaml"),
    readme: Annotated[Path | None, typer.Option(help="refresh the results in this file")] = None,
    studies: Annotated[Path, typer.Option(help="folder of recorded runs")] = Path("studies"),
) -> None:
    """Write results.md, data.md and index.html into REPORTS."""
    from mtbert.core.outputs import write_text
    from mtbert.reporting import readme as block
    from mtbert.reporting.markdown import data_page, results_page
    from mtbert.reporting.page import html_page
    from mtbert.reporting.records import read_records
    from mtbert.reporting.results import read_results
    from mtbert.reporting.settings import read_scope

    results = read_results(read_scope(params), plans, reports)
    write_text(reports / "results.md", results_page(results))
    write_text(reports / "data.md", data_page(results))
    write_text(reports / "index.html", html_page(results))
    if readme is not None:
        block.refresh(readme, block.render(results, read_records(studies)))


if __name__ == "__main__":
    run(main)
