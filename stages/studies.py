"""Draw the studies' page from their kept results and the verdicts on the claims."""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    studies: Annotated[
        Path, typer.Argument(help="folder of params.yaml, claims.yaml, NAME/params.yaml")
    ],
    verdicts: Annotated[Path, typer.Argument(help="JSON file of `claims`")],
    out: Annotated[Path, typer.Argument(help="HTML page to write")],
    readmes: Annotated[
        bool, typer.Option(help="also write README.md into STUDIES and each study")
    ] = True,
) -> None:
    """Write the page, and the same in Markdown beside the results."""
    from mtbert.claims.claim import read_claims
    from mtbert.claims.verdicts import Verdict
    from mtbert.core.outputs import write_text
    from mtbert.core.params import read_json, validate
    from mtbert.studies.budgets import read_budgets
    from mtbert.studies.page import html_page, overview, study_page
    from mtbert.studies.results import missing_runs, read_results
    from mtbert.studies.study import read_study
    from mtbert.studies.tables import Shown, points

    shown = [
        Shown(
            name=path.parent.name,
            study=read_study(path),
            results=read_results(path),
            missing=missing_runs(path),
            points=points(path.parent / "sweeps.csv")
            if (path.parent / "sweeps.csv").is_file()
            else None,
        )
        for path in sorted(studies.glob("*/params.yaml"))
    ]
    experiments = {own.name: own.study.strategies for own in shown}
    claims = read_claims(studies / "claims.yaml", experiments)
    judged = {
        name: validate(Verdict, content, where=f"{verdicts}: {name}")
        for name, content in read_json(verdicts).items()
    }
    parts = (shown, claims, judged, read_budgets(studies / "params.yaml"))
    write_text(out, html_page(*parts))
    if readmes:
        write_text(studies / "README.md", overview(*parts))
        for own in shown:
            write_text(studies / own.name / "README.md", study_page(own))


if __name__ == "__main__":
    run(main)
