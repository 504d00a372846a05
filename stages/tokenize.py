"""TEXT tables to TOKENS tables, with the encoder's own tokenizer or one trained on the data."""

import json
from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    text: Annotated[Path, typer.Argument(help="TEXT tables, {task}/{split}.parquet")],
    encoder: Annotated[Path, typer.Argument(help="The encoder's folder")],
    out: Annotated[Path, typer.Argument(help="Output folder: TOKENS tables, tokenizer")],
    summary: Annotated[Path, typer.Argument(help="JSON file to write: token counts")],
    params: Annotated[Path, typer.Option(help="Params file")] = Path("params.yaml"),
) -> None:
    """Tokenize every task and split."""
    from mtbert.core.outputs import new_folder, write_text
    from mtbert.core.params import read_section
    from mtbert.core.schemas import TEXT, read_table
    from mtbert.tokenization.inputs import TokenizeSettings, find_text_tables
    from mtbert.tokenization.tables import tokenize_tables

    settings = read_section(params, "tokenize", TokenizeSettings)
    tables = {key: read_table(path, TEXT) for key, path in find_text_tables(text).items()}
    length, where = settings.max_length, f"{params}: tokenize.max_length"
    with new_folder(out) as folder:
        counts = tokenize_tables(tables, encoder, folder, max_length=length, where=where)
    write_text(summary, json.dumps(counts, indent=1) + "\n")


if __name__ == "__main__":
    run(main)
