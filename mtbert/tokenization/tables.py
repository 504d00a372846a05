"""The TEXT tables of all tasks as TOKENS tables in a folder, beside their tokenizer."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtbert.core.errors import located
from mtbert.core.outputs import write_text
from mtbert.core.schemas import write_table
from mtbert.core.tasks import SPLITS
from mtbert.tokenization.agreement import check_tokenizer
from mtbert.tokenization.encoding import SIDES, count_tokens, encode_tables
from mtbert.tokenization.inputs import check_length, padding_id, whole_number
from mtbert.tokenization.vocabulary import (
    TOKENIZER_FILES,
    load_tokenizer,
    template,
    train_tokenizer,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from tokenizers import Tokenizer


def tokenize_tables(
    tables: "Mapping[tuple[str, str], pa.Table]",
    encoder: Path,
    folder: Path,
    *,
    max_length: int,
    where: str,
) -> dict[str, Any]:
    """Write TOKENS tables, tokenizer.json and sequences.json; give counts of tokens.

    Args:
        tables: TEXT tables by task and split.
        encoder: The encoder's folder; without a tokenizer in it one is trained on the train splits.
        folder: Takes {task}/{split}.parquet and the files.
        max_length: Longest sequence in tokens.
        where: What the message calls it, if the encoder has fewer positions.

    Raises:
        InputError: a file of the encoder does not fit, it has too few positions, or a text has no
            token.
    """
    config = encoder / "config.json"
    check_length(config, max_length, where=where)
    train = [table for (_, split), table in tables.items() if split == SPLITS[0]]
    tokenizer = find_tokenizer(encoder, train)
    shape = template(tokenizer, pad=padding_id(config))
    totals = {"max_length": max_length, "vocabulary": tokenizer.get_vocab_size()}
    tokenizer.save(str(folder / "tokenizer.json"))
    write_text(folder / "sequences.json", json.dumps({**shape, **totals}, indent=1) + "\n")
    counts: dict[str, dict[str, object]] = {}
    for (task, split), table in encode_tables(tokenizer, tables).items():
        write_table(folder / task / f"{split}.parquet", table)
        with located(f"{task} {split}"):
            counts.setdefault(task, {})[split] = count_tokens(table, shape, max_length)
    return {**totals, "tasks": counts}


def find_tokenizer(encoder: Path, train: "Iterable[pa.Table]") -> "Tokenizer":
    """The encoder's own tokenizer, or one trained on the texts of TEXT tables if it has none.

    Raises:
        InputError: a file of the encoder does not fit, or its tokenizer is not Transformers' own.
    """
    if any((encoder / name).is_file() for name in TOKENIZER_FILES):
        check_tokenizer(encoder)
        return load_tokenizer(encoder)
    texts = {t for table in train for side in SIDES for t in table[side].to_pylist()}
    return train_tokenizer(texts - {None}, size=whole_number(encoder / "config.json", "vocab_size"))
