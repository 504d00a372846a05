"""The tables that travel between stages, and how they are written and read.

TEXT (after `prepare`): one row an example. AUGMENTED (after `augment`): a TEXT table with new rows
behind the original ones, and where each comes from. TOKENS (after `tokenize`): the rows of either
in the same order, texts replaced by token ids without special tokens.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mtbert.core.errors import InputError

# Column name -> Arrow type name. `label` is null in unlabelled splits, `text_b` in single tasks.
TEXT = {"id": "string", "text_a": "string", "text_b": "string", "label": "float64"}


def text_schema() -> pa.Schema:
    """The Arrow schema of a TEXT table."""
    return pa.schema([(name, pa.type_for_alias(kind)) for name, kind in TEXT.items()])


def tokens_schema(vocabulary_size: int) -> pa.Schema:
    """The Arrow schema of a TOKENS table: token ids in the smallest unsigned type that fits."""
    ids = pa.list_(pa.uint16() if vocabulary_size <= 2**16 else pa.uint32())
    return pa.schema([("id", pa.string()), ("ids_a", ids), ("ids_b", ids), ("label", pa.float64())])


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as Parquet, whole; the same rows give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    pq.write_table(table, part, compression="zstd")
    part.replace(path)


def read_table(path: Path) -> pa.Table:
    """Read a Parquet table; an InputError says that the file is missing or not whole."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; `dvc repro` makes it")
    try:
        return pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: not a whole Parquet file ({reason}); delete it, and `dvc repro` makes it anew"
        ) from None


@dataclass(frozen=True)
class Ragged:
    """Lists of token ids laid end to end: list i is `ids[offsets[i]:offsets[i + 1]]`."""

    ids: np.ndarray  # (token,) int64
    offsets: np.ndarray  # (example + 1,) int64

    @property
    def lengths(self) -> np.ndarray:
        """Tokens in each list, (example,)."""
        return np.diff(self.offsets)


@dataclass(frozen=True)
class Tokens:
    """One split of one task, decoded once into flat arrays."""

    example_ids: list[str]
    a: Ragged
    b: Ragged | None  # None for a task on single texts
    labels: np.ndarray  # (example,) float64, NaN where there is no label

    def __len__(self) -> int:
        return len(self.example_ids)


def read_tokens(path: Path, *, paired: bool) -> Tokens:
    """Read a TOKENS table."""
    return decode_tokens(read_table(path), paired=paired)


def decode_tokens(table: pa.Table, *, paired: bool) -> Tokens:
    """Decode a TOKENS table into flat arrays."""
    return Tokens(
        example_ids=table["id"].to_pylist(),
        a=_ragged(table, "ids_a"),
        b=_ragged(table, "ids_b") if paired else None,
        labels=table["label"].to_numpy(zero_copy_only=False).astype(np.float64),
    )


def _ragged(table: pa.Table, column: str) -> Ragged:
    lists = table[column].combine_chunks()
    return Ragged(
        ids=lists.flatten().to_numpy().astype(np.int64),
        offsets=np.concatenate([[0], np.cumsum(lists.value_lengths().to_numpy())]).astype(np.int64),
    )
