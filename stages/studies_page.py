"""Draw the pages of all studies: one in HTML for all, one in Markdown each and for the claims."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbert.core.commands import run

if TYPE_CHECKING:
    from mtbert.reporting.replication.answers import Answers
    from mtbert.reporting.replication.collected import Replication


def main(
    folder: Annotated[Path, typer.Argument(help="folder of NAME/replication.json and claims.json")],
    out: Annotated[
        Path | None, typer.Argument(help="folder to write into, if another than that")
    ] = None,
    readme: Annotated[
        Path | None, typer.Option(help="refresh what this file says of the studies")
    ] = None,
) -> None:
    """Write studies.html, claims.md and NAME/README.md."""
    from mtbert.core.outputs import write_text
    from mtbert.reporting.readme import refresh
    from mtbert.reporting.replication.summary import MARK

    for name, text in render(folder).items():
        write_text((out or folder) / name, text)
    if readme is not None:
        refresh(readme, summarized(folder), MARK)


def read(folder: Path) -> "tuple[dict[str, Replication], Answers]":
    """Read the studies, in the order in which their claims come, and the answers.

    Raises:
        InputError: a file does not fit, or the claims were judged on other runs than are shown.
    """
    from mtbert.core.errors import InputError
    from mtbert.core.params import read_json, validate
    from mtbert.reporting.replication.answers import FILE, Answers
    from mtbert.reporting.replication.collected import digest, read_replications

    found, path = read_replications(folder), folder / FILE
    answers = validate(Answers, read_json(path), where=str(path))
    now = {name: digest(folder, name) for name in found}
    if stale := [n for n in {*now, *answers.records} if now.get(n) != answers.records.get(n)]:
        raise InputError(
            f"{path}: records.{min(stale)}: judged on other results than those "
            "beside it; `python -m stages.claims` judges anew"
        )
    order = dict.fromkeys([*(claim.study for claim in answers.claims.values()), *found])
    return {name: found[name] for name in order if name in found}, answers


def summarized(folder: Path) -> str:
    """Write what the README says of the studies.

    Raises:
        InputError: as `read`.
    """
    from mtbert.reporting.replication.summary import summary

    return summary(*read(folder), folder=folder.as_posix())


def render(folder: Path) -> dict[str, str]:
    """Write all pages: file name -> content.

    Raises:
        InputError: as `read`.
    """
    from mtbert.reporting.replication.comparing import any_printed
    from mtbert.reporting.replication.html import html_page
    from mtbert.reporting.replication.leading import leading
    from mtbert.reporting.replication.markdown import claims_page, study_page

    studies, answers = read(folder)
    beside = leading(studies)
    pages = {
        f"{name}/README.md": study_page(
            one, answers.delta_m.get(name, {}), leading=None if any_printed(one) else beside
        )
        for name, one in studies.items()
    }
    return {
        **pages,
        "claims.md": claims_page(studies, answers),
        "studies.html": html_page(studies, answers),
    }


if __name__ == "__main__":
    run(main)
