"""Check the names that stages put into paths and commands, before any of these runs.

DVC writes names from params.yaml into command lines as they are, so each stage with a name in its
command depends on this one.
"""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    out: Annotated[Path, typer.Argument(help="Text file to write; always the same")],
    params: Annotated[Path, typer.Option(help="Params file")] = Path("params.yaml"),
) -> None:
    """Check the names of sets, strategies and ensembles, and the seeds."""
    from mtbert.core.names import check_pipeline_names
    from mtbert.core.outputs import write_text

    check_pipeline_names(params)
    # Stages that depend on it need not run again for a new name.
    write_text(out, "every name fits\n")


if __name__ == "__main__":
    run(main)
