"""From a file of JSON lines or Parquet to rows with their numbers."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtbert.core.errors import InputError
from mtbert.core.parquet import parquet_table
from mtbert.core.tasks import Columns
from mtbert.corpora.parsing import Row, decoded_lines, read_content

if TYPE_CHECKING:
    import pyarrow as pa


def json_objects(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Read a file of JSON lines, gzipped or not: the number of each line, its object or fault."""
    faults: dict[int, str] = {}
    for number, line in enumerate(decoded_lines(read_content(path), faults), start=1):
        if fault := faults.get(number):
            yield number, fault
            continue
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, str(error)
            continue
        fault = f"expected an object, found {line.strip()[:40]}"
        yield number, row if isinstance(row, dict) else fault


def read_json_lines(path: Path, columns: Columns) -> tuple[list[str], list[Row]]:
    """Read the keys of all lines, and of each line the values at those that `columns` names.

    Raises:
        InputError: the file is empty, or broken.
    """
    lines = list(json_objects(path))
    header = list(dict.fromkeys(key for _, row in lines if isinstance(row, dict) for key in row))
    if not header:
        reason = f"line {lines[0][0]}: {lines[0][1]}" if lines else "empty"
        raise InputError(f"{path}: {reason}; expected a JSON object in each line")
    names = {*columns.model_dump().values()}
    return header, [_row(number, row, header, names) for number, row in lines]


def _row(number: int, row: dict[str, Any] | str, header: list[str], names: Collection[str]) -> Row:
    if isinstance(row, str):
        return Row(number, number, [], f"not a JSON object: {row}")
    values = [row.get(name) if name in names else None for name in header]
    if inner := next((value for value in values if isinstance(value, list | dict)), None):
        return Row(number, number, [], f"expected a text or a number, found {str(inner)[:40]}")
    return Row(number, number, ["" if value is None else str(value) for value in values])


def read_parquet(path: Path, columns: Columns) -> tuple[list[str], Iterator[Row]]:
    """Read a Parquet file; columns that no key names may be large, and are left empty.

    Raises:
        InputError: the file is empty or broken; with the first row: a column holds neither text
            nor, where they fit, numbers or truth values.
    """
    wanted = {name: key for key, name in columns.model_dump().items() if name is not None}
    header, table = parquet_table(path, wanted)
    if not table.num_rows:
        raise InputError(f"{path}: empty: expected at least one row")

    def rows() -> Iterator[Row]:
        unread = [""] * table.num_rows
        texts = {
            name: _texts(table[name], key, f"{path}: columns.{key}: {name!r}")
            for name, key in wanted.items()
            if name in header
        }
        fields = zip(*(texts.get(name, unread) for name in header), strict=True)
        for number, row in enumerate(fields, start=1):
            yield Row(number, number, list(row))

    return header, rows()


def _texts(column: "pa.ChunkedArray", key: str, where: str) -> list[str]:
    """A column's values as a file of text would hold them."""
    from pyarrow import types

    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    text = types.is_string(kind) or types.is_large_string(kind)
    number = types.is_integer(kind) or types.is_floating(kind)
    others = {"id": (number,), "label": (number, types.is_boolean(kind))}
    if not text and not any(others.get(key, ())):
        allowed = {"id": "strings or numbers", "label": "strings, numbers or booleans"}
        raise InputError(f"{where}: expected {allowed.get(key, 'strings')}, found {kind}")
    return ["" if value is None else str(value) for value in column.to_pylist()]
