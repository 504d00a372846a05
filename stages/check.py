"""Check every section of the params file, and run nothing. Not a stage of the pipeline.

Each stage checks its own sections when it runs; this finds a misspelt word of the last stage before
the first has spent any time.
"""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.cli import run


def main(
    params: Annotated[Path, typer.Option(help="The params file")] = Path("params.yaml"),
) -> None:
    """Check every section of the params file."""
    from mtbert.corpora.settings import Data, Encoder
    from mtbert.params import read_section
    from mtbert.reporting.settings import read_scope
    from mtbert.strategies import read_strategies
    from mtbert.tokenization.settings import TokenizeSettings

    read_section(params, "data", Data)
    read_section(params, "tokenize", TokenizeSettings)
    encoder = read_section(params, "encoder", Encoder).pretrained
    read_strategies(params, encoder="scratch" if encoder == "scratch" else "pretrained")
    read_scope(params)


if __name__ == "__main__":
    run(main)
