"""Draw the pages of all recorded studies anew, each from its record.json.

Not a stage of the pipeline: run it after a change in how a page is written.
"""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    studies: Annotated[Path, typer.Argument(help="folder of studies")] = Path("studies"),
) -> None:
    """Write STUDIES/*/README.md and dots.svg."""
    from mtbert.core.outputs import write_text
    from mtbert.reporting.records import read_records
    from mtbert.reporting.studies import render

    for folder, record in read_records(studies).items():
        for name, text in render(record).items():
            write_text(studies.parent / folder / name, text)


if __name__ == "__main__":
    run(main)
