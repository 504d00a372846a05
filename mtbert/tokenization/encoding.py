"""Texts to token ids, each distinct text once."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer

from mtbert.core.errors import InputError
from mtbert.core.progress import progress_bar
from mtbert.core.schemas import tokens_schema

SIDES = ("text_a", "text_b")
# Texts handed to the tokenizer's threads at once; bounds memory, not speed.
CHUNK = 16384


def encode_tables(
    tokenizer: Tokenizer,
    tables: Mapping[tuple[str, str], pa.Table],
    *,
    progress: bool | None = None,
) -> dict[tuple[str, str], pa.Table]:
    """Turn TEXT tables into TOKENS tables, in the same order, each distinct text encoded once.

    Nothing is truncated yet: how much of a text fits into a sequence depends on its pair. Of many
    texts a bar shows the progress, unless `progress` says otherwise.
    """
    columns = [table[side].combine_chunks() for table in tables.values() for side in SIDES]
    distinct = pc.unique(pa.chunked_array(columns, pa.string())).drop_null()
    texts = distinct.to_pylist()
    ids: list[np.ndarray] = []
    with progress_bar("tokenize", len(texts), "texts", shown=progress) as bar:
        for start in range(0, len(texts), CHUNK):
            some = texts[start : start + CHUNK]
            encoded = tokenizer.encode_batch_fast(some, add_special_tokens=False)
            ids += [np.asarray(item.ids, dtype=np.uint32) for item in encoded]
            bar.update(len(some))
    schema = tokens_schema(tokenizer.get_vocab_size())
    values = pa.array(np.concatenate(ids or [np.zeros(0)]).astype(np.int64))
    lengths = np.array([len(item) for item in ids], dtype=np.int64)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
    lists = pa.ListArray.from_arrays(offsets, values.cast(schema.field("ids_a").type.value_type))
    return {
        key: pa.table(
            [
                table["id"],
                *(lists.take(pc.index_in(table[side], distinct)) for side in SIDES),
                table["label"],
            ],
            schema=schema,
        )
        for key, table in tables.items()
    }


def count_tokens(table: pa.Table, shape: Mapping[str, Any], max_length: int) -> dict[str, Any]:
    """Count the tokens of a TOKENS table and what `max_length` will cut.

    Returns:
        Mean and largest length of one text in tokens, special tokens included; how many texts
        (alone) and how many pairs (joined into one input) are longer than `max_length`.

    Raises:
        InputError: a text makes an empty sequence, of which there is no vector.
    """
    around = len(shape["prefix"]) + len(shape["suffix"])
    lengths = [pc.list_value_length(table[side]).combine_chunks() for side in ("ids_a", "ids_b")]
    for side, sizes in zip(SIDES, lengths, strict=True):
        if around == 0 and (row := pc.index(sizes, 0).as_py()) >= 0:
            raise InputError(
                f"row {row + 1}, id {table['id'][row]}: {side} has no token, and the tokenizer "
                "adds no special tokens; expected a text with letters that it keeps"
            )
    texts = np.concatenate([item.drop_null().to_numpy() for item in lengths]) + around
    pairs = pc.add(*lengths).drop_null().to_numpy() + around + len(shape["middle"])
    return {
        "texts": len(texts),
        "tokens": int(texts.sum()),
        "mean_tokens": round(float(texts.mean()), 2),
        "longest": int(texts.max()),
        "truncated_texts": int((texts > max_length).sum()),
        "truncated_pairs": int((pairs > max_length).sum()),
    }
