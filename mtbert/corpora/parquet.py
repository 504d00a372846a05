"""From a Parquet file to rows with their numbers, in the shape that a file of text comes in."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mtbert.core.errors import InputError
from mtbert.core.tasks import Columns
from mtbert.corpora.parsing import Row

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(path: Path, columns: Columns) -> tuple[list[str], Iterator[Row]]:
    """Read a Parquet file.

    Args:
        path: the file.
        columns: those that are wanted; the others, which may be large, are not read, and their
            fields are empty.

    Returns:
        The names of its columns, and its rows, numbered from 1; a null is an empty field.

    Raises:
        InputError: the file is missing, empty or not Parquet; with the first row: a wanted column
            holds neither text nor, where they fit, numbers or truth values (False, True).
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        file = pq.ParquetFile(path)
        header, size = file.schema_arrow.names, file.metadata.num_rows
        wanted = {name: key for key, name in columns.model_dump().items() if name in header}
        table = file.read(columns=list(wanted))
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a whole Parquet file: {reason}; see its format") from None
    if not size:
        raise InputError(f"{path}: empty: expected at least one row")
    return header, _rows(path, header, wanted, table)


def _rows(
    path: Path, header: list[str], wanted: dict[str, str], table: "pa.Table"
) -> Iterator[Row]:
    fields = [
        _fields(table[name], wanted[name], f"{path}: columns.{wanted[name]}: {name!r}")
        if name in wanted
        else [""] * table.num_rows
        for name in header
    ]
    for number, row in enumerate(zip(*fields, strict=True), start=1):
        yield Row(number, number, list(row))


def _fields(column: "pa.ChunkedArray", key: str, where: str) -> list[str]:
    """A column's values as a file of text would hold them."""
    from pyarrow import types

    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    number = types.is_integer(kind) or types.is_floating(kind)
    fitting = {"id": (number,), "label": (number, types.is_boolean(kind))}
    if not text and not any(fitting.get(key, ())):
        allowed = {"id": "strings or numbers", "label": "strings, numbers or booleans"}
        raise InputError(f"{where}: expected {allowed.get(key, 'strings')}, found {kind}")
    return ["" if value is None else str(value) for value in column.to_pylist()]
