"""TEXT tables to TOKENS tables, with the encoder's own tokenizer or one trained on the data."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbert.core.commands import run
from mtbert.core.outputs import new_folder, write_text
from mtbert.core.params import read_section
from mtbert.core.tasks import SPLITS

if TYPE_CHECKING:
    import pyarrow as pa
    from tokenizers import Tokenizer


def main(
    text: Annotated[Path, typer.Argument(help="TEXT tables, {task}/{split}.parquet")],
    encoder: Annotated[Path, typer.Argument(help="The encoder's folder")],
    out: Annotated[Path, typer.Argument(help="Output folder: TOKENS tables, tokenizer")],
    summary: Annotated[Path, typer.Argument(help="JSON file to write: token counts")],
    params: Annotated[Path, typer.Option(help="Params file")] = Path("params.yaml"),
) -> None:
    """Tokenize every task and split."""
    from mtbert.core.schemas import read_table, write_table
    from mtbert.tokenization.encoding import count_tokens, encode_tables
    from mtbert.tokenization.inputs import (
        TokenizeSettings,
        check_length,
        find_text_tables,
        padding_id,
    )
    from mtbert.tokenization.vocabulary import template

    settings = read_section(params, "tokenize", TokenizeSettings)
    config = encoder / "config.json"
    check_length(config, settings.max_length, where=f"{params}: tokenize.max_length")
    tables = {key: read_table(path) for key, path in find_text_tables(text).items()}
    train = [table for (_, split), table in tables.items() if split == SPLITS[0]]
    tokenizer = find_tokenizer(encoder, train)
    shape = template(tokenizer, pad=padding_id(config))
    tokens = encode_tables(tokenizer, tables)
    totals = {"max_length": settings.max_length, "vocabulary": tokenizer.get_vocab_size()}
    counts: dict[str, dict[str, object]] = {}
    with new_folder(out) as folder:
        tokenizer.save(str(folder / "tokenizer.json"))
        meta = {**shape, **totals}
        write_text(folder / "sequences.json", json.dumps(meta, indent=1) + "\n")
        for (task, split), table in tokens.items():
            write_table(folder / task / f"{split}.parquet", table)
            counts.setdefault(task, {})[split] = count_tokens(table, shape, settings.max_length)
    write_text(summary, json.dumps({**totals, "tasks": counts}, indent=1) + "\n")


def find_tokenizer(encoder: Path, train: "Iterable[pa.Table]") -> "Tokenizer":
    """The encoder's own tokenizer, or one trained on the texts of TEXT tables if it has none.

    Raises:
        InputError: a file of the encoder does not fit.
    """
    from mtbert.tokenization.inputs import whole_number
    from mtbert.tokenization.vocabulary import TOKENIZER_FILES, load_tokenizer, train_tokenizer

    if any((encoder / name).is_file() for name in TOKENIZER_FILES):
        return load_tokenizer(encoder)
    texts = {t for table in train for side in ("text_a", "text_b") for t in table[side].to_pylist()}
    return train_tokenizer(texts - {None}, size=whole_number(encoder / "config.json", "vocab_size"))


if __name__ == "__main__":
    run(main)
