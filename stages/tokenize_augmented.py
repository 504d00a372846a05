"""AUGMENTED tables to TOKENS tables, with the tokenizer that the original ones were made with."""

import json
from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    augmented: Annotated[Path, typer.Argument(help="AUGMENTED tables, {task}/train.parquet")],
    original: Annotated[Path, typer.Argument(help="Folder of tokenizer.json and sequences.json")],
    out: Annotated[Path, typer.Argument(help="Output folder: {task}/train.parquet")],
    summary: Annotated[Path, typer.Argument(help="JSON file to write: token counts")],
) -> None:
    """Tokenize the grown train splits of one set."""
    from mtbert.core.outputs import new_folder, write_text
    from mtbert.core.schemas import TEXT, read_table, write_table
    from mtbert.core.sequences import read_sequences
    from mtbert.tokenization.encoding import count_tokens, encode_tables
    from mtbert.tokenization.inputs import find_text_tables
    from mtbert.tokenization.vocabulary import load_tokenizer

    shape = read_sequences(original).model_dump()
    tables = {key: read_table(path, TEXT) for key, path in find_text_tables(augmented).items()}
    counts: dict[str, dict[str, object]] = {}
    with new_folder(out) as folder:
        for (task, split), table in encode_tables(load_tokenizer(original), tables).items():
            write_table(folder / task / f"{split}.parquet", table)
            counts[task] = {split: count_tokens(table, shape, shape["max_length"])}
    facts = {key: shape[key] for key in ("max_length", "vocabulary")}
    write_text(summary, json.dumps({**facts, "tasks": counts}, indent=1) + "\n")


if __name__ == "__main__":
    run(main)
