"""Draw the pages of all studies: one in HTML for all, one in Markdown each and for the claims."""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.cli import run


def main(
    folder: Annotated[Path, typer.Argument(help="folder of NAME/replication.json and claims.json")],
    out: Annotated[
        Path | None, typer.Argument(help="folder to write into, if another than that")
    ] = None,
) -> None:
    """Write studies.html, claims.md and NAME/README.md."""
    from mtbert.outputs import write_text

    for name, text in render(folder).items():
        write_text((out or folder) / name, text)


def render(folder: Path) -> dict[str, str]:
    """Write all pages: file name -> content.

    Raises:
        InputError: a file does not fit, or the claims were judged on other runs than are shown.
    """
    from mtbert.errors import InputError
    from mtbert.params import read_json, validate
    from mtbert.reporting.replication.answers import FILE, Answers
    from mtbert.reporting.replication.collected import digest, read_replications
    from mtbert.reporting.replication.html import html_page
    from mtbert.reporting.replication.markdown import claims_page, study_page

    found, path = read_replications(folder), folder / FILE
    answers = validate(Answers, read_json(path), where=str(path))
    now = {name: digest(folder, name) for name in found}
    if stale := [n for n in {*now, *answers.records} if now.get(n) != answers.records.get(n)]:
        raise InputError(
            f"{path}: records.{min(stale)}: judged on another replication.json than the one "
            "beside it; `python -m stages.claims` judges anew"
        )
    # In the order in which the claims come, then the others.
    order = dict.fromkeys([*(claim.study for claim in answers.claims.values()), *found])
    studies = {name: found[name] for name in order if name in found}
    pages = {
        f"{name}/README.md": study_page(one, answers.delta_m.get(name, {}))
        for name, one in studies.items()
    }
    return {
        **pages,
        "claims.md": claims_page(studies, answers),
        "studies.html": html_page(studies, answers),
    }


if __name__ == "__main__":
    run(main)
