"""The tables that travel between stages, and how they are written and read.

TEXT (after `prepare`): one row an example. AUGMENTED (after `augment`): a TEXT table with new rows
behind the original ones, and where each comes from. TOKENS (after `tokenize`): the rows of either
in the same order, texts replaced by token ids without special tokens.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mtbert.core.errors import InputError, choices
from mtbert.core.parquet import parquet_table

# Column of any table of the pipeline -> Arrow names of the types that it may have, the usual first;
# of lists, those of their values
TYPES = {
    "id": ("string", "large_string"),  # pandas writes the latter
    **dict.fromkeys(("text_a", "text_b"), ("string",)),
    **dict.fromkeys(("ids_a", "ids_b"), ("uint16", "uint32")),
    "label": ("float64", "float32"),  # of kept results float32
    "output": ("float32", "float64"),
    "prediction": ("float64", "int64"),
    **dict.fromkeys(("probability", "probabilities"), ("float64",)),
}
LISTS = frozenset({"ids_a", "ids_b", "output", "probabilities"})
NULLABLE = frozenset({"text_b", "ids_b", "label"})
# Column name -> Arrow type name. `label` is null in unlabelled splits, `text_b` in single tasks.
TEXT = {"id": "string", "text_a": "string", "text_b": "string", "label": "float64"}
TOKENS = ("id", "ids_a", "ids_b", "label")
OUTPUTS = ("id", "label", "output")  # what training writes
PREDICTIONS = ("id", "label", "prediction")  # what evaluate writes, most with probabilities


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
    pq.write_table(table, part, compression="zstd", write_page_checksum=True)
    part.replace(path)


def read_table(path: Path, columns: Iterable[str] = ()) -> pa.Table:
    """Read a table of the pipeline; these columns it must have.

    Raises:
        InputError: the file is missing or not whole, or a column is missing, of another type than
            `TYPES` allows or null where it must not be.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; `dvc repro` makes it")
    try:
        names, table = parquet_table(path)
    except InputError as error:
        raise InputError(f"{error}; delete it, and `dvc repro` makes it anew") from None
    for name in columns:
        if names.count(name) != 1:
            raise InputError(f"{path}: {choices('column', name, names)}; `dvc repro -f` writes it")
    for name in [name for name in names if name in TYPES]:
        kinds = [pa.type_for_alias(kind) for kind in TYPES[name]]
        kinds = [pa.list_(kind) for kind in kinds] if name in LISTS else kinds
        if (kind := table[name].type) not in kinds:
            raise InputError(f"{path}: column {name}: expected {kinds[0]}, found {kind}")
        if name in LISTS and table[name].combine_chunks().flatten().null_count:
            raise InputError(f"{path}: column {name}: expected lists of numbers, found null in one")
        if name not in NULLABLE and table[name].null_count:
            raise InputError(f"{path}: column {name}: expected a value in each row, found null")
    return table


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
    columns = [name for name in TOKENS if paired or name != "ids_b"]
    return decode_tokens(read_table(path, columns), paired=paired)


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
