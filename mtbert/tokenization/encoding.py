"""Texts to token ids, each distinct text once."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer

from mtbert.core.schemas import tokens_schema

# Texts handed to the tokenizer's threads at once; bounds memory, not speed.
CHUNK = 16384


def encode_texts(tokenizer: Tokenizer, texts: Sequence[str]) -> list[np.ndarray]:
    """Encode texts without special tokens and without truncation.

    Truncation waits until a sequence is assembled: how much of a text fits depends on its pair.
    """
    chunks = (list(texts[start : start + CHUNK]) for start in range(0, len(texts), CHUNK))
    return [
        np.asarray(item.ids, dtype=np.uint32)
        for chunk in chunks
        for item in tokenizer.encode_batch_fast(chunk, add_special_tokens=False)
    ]


def encode_tables(
    tokenizer: Tokenizer, tables: Mapping[tuple[str, str], pa.Table]
) -> dict[tuple[str, str], pa.Table]:
    """Turn TEXT tables into TOKENS tables, in the same order, each distinct text encoded once."""
    columns = [table[side].combine_chunks() for table in tables.values() for side in _SIDES]
    distinct = pc.unique(pa.chunked_array(columns, pa.string())).drop_null()
    ids = encode_texts(tokenizer, distinct.to_pylist())
    schema = tokens_schema(tokenizer.get_vocab_size())
    values = pa.array(np.concatenate(ids or [np.zeros(0)]).astype(np.int64))
    lengths = np.array([len(item) for item in ids], dtype=np.int64)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
    lists = pa.ListArray.from_arrays(offsets, values.cast(schema.field("ids_a").type.value_type))
    return {
        key: pa.table(
            [
                table["id"],
                *(lists.take(pc.index_in(table[side], distinct)) for side in _SIDES),
                table["label"],
            ],
            schema=schema,
        )
        for key, table in tables.items()
    }


_SIDES = ("text_a", "text_b")


def count_tokens(table: pa.Table, shape: Mapping[str, Any], max_length: int) -> dict[str, Any]:
    """Count the tokens of a TOKENS table and what `max_length` will cut.

    Returns:
        Mean and largest length of one text in tokens, special tokens included; how many texts
        (alone) and how many pairs (joined into one input) are longer than `max_length`.
    """
    around = len(shape["prefix"]) + len(shape["suffix"])
    lengths = [pc.list_value_length(table[side]).combine_chunks() for side in ("ids_a", "ids_b")]
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
