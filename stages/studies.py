"""Draw the studies' page from their kept results and the verdicts on the claims."""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    studies: Annotated[
        Path, typer.Argument(help="Folder of params.yaml, claims.yaml, NAME/params.yaml")
    ],
    verdicts: Annotated[Path, typer.Argument(help="JSON file of `claims`")],
    out: Annotated[Path, typer.Argument(help="HTML page to write")],
    readmes: Annotated[
        bool, typer.Option(help="Also write README.md into STUDIES and each study")
    ] = True,
) -> None:
    """Write the page, and the same in Markdown beside the results."""
    from mtbert.claims.claim import read_claims
    from mtbert.claims.verdicts import Verdict
    from mtbert.core.outputs import write_text
    from mtbert.core.params import read_json, validate
    from mtbert.reporting.page import render
    from mtbert.studies.budgets import read_budgets
    from mtbert.studies.page import studies_page
    from mtbert.studies.tables import read_studies
    from mtbert.studies.variances import read_variances

    reports = read_studies(studies)
    runs = {report.name: report.study.runs() for report in reports}
    claims = read_claims(studies / "claims.yaml", runs)
    judged = {
        name: validate(Verdict, content, where=f"{verdicts}: {name}")
        for name, content in read_json(verdicts).items()
    }
    budgets, variances = read_budgets(studies / "params.yaml"), read_variances(studies)
    page = studies_page(reports, claims, judged, budgets, variances)
    write_text(out, render("studies.html.jinja", **page))
    if readmes:
        write_text(studies / "README.md", render("studies.md.jinja", **page))
        for study in page["studies"]:
            text = render("study.md.jinja", study=study)
            write_text(studies / study["name"] / "README.md", text)


if __name__ == "__main__":
    run(main)
