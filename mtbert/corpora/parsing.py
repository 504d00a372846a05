"""From a file of separated text or Parquet to rows with their numbers.

The course reads its files with Python's csv module (tab separated, a field may be quoted and a
doubled quote in it stands for one), so we do too: texts come out as its code sees them. Pandas'
C reader follows the same rules of quoting, but reports no line numbers, and takes texts such as
"None" for missing ones. Bytes are decoded line by line before they reach the parser, so that a
fault in one line costs that line alone.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mtbert.core.errors import InputError
from mtbert.core.tasks import Columns, Task

if TYPE_CHECKING:
    from _csv import Reader

    import pyarrow as pa

# Format -> what stands between two fields.
DELIMITERS = {"tsv": "\t", "csv": ","}
SEPARATED = {"tsv": "tab-separated", "csv": "comma-separated"}
PARQUET = b"PAR1"  # the first bytes of every Parquet file
MAX_INDEX_COLUMNS = 2
# Python's own limit on a field, in characters: what a stray quote can swallow at most.
MIN_FIELD = 131_072


@dataclass(frozen=True)
class Row:
    """One row of a file; `fault` says why its fields cannot be trusted."""

    line: int  # where it begins, counted from 1; in Parquet the row's own number
    last: int  # where it ends: a quoted field may hold line ends
    fields: list[str]
    fault: str | None = None


def read_rows(path: Path, task: Task, *, max_characters: int) -> tuple[list[str], Iterable[Row]]:
    """Read the names of a file's columns ("" for each that has none), and its rows.

    Blank lines are skipped. A comma-separated file has to be quoted as RFC 4180 says; in a
    tab-separated one a quote within a field is a quote. A field of more than twice
    `max_characters` (and of 131,072) ends its row with a fault. A null of Parquet is an empty
    field.

    Raises:
        InputError: the file is empty, or is not of the task's format; with the first row: a column
            of Parquet holds neither text nor, where they fit, numbers or truth values.
    """
    if task.format == "parquet":
        return _read_parquet(path, task.columns)
    return read_separated(path, task.format, max_characters=max_characters)


def read_separated(
    path: Path, format: str, *, max_characters: int
) -> tuple[list[str], Sequence[Row]]:
    """Read a file of tab- or comma-separated text (tsv or csv); as `read_rows`."""
    csv.field_size_limit(max(MIN_FIELD, 2 * max_characters))
    faults: dict[int, str] = {}
    with path.open("rb") as file:
        if file.read(len(PARQUET)) == PARQUET:
            raise InputError(f"{path}: a Parquet file, but its task has format: {format}")
        file.seek(0)
        strict, what = format == "csv", SEPARATED[format]
        reader = csv.reader(_lines(file, faults), delimiter=DELIMITERS[format], strict=strict)
        try:
            header = next(reader, [])
        except csv.Error as error:
            raise InputError(f"{path}: line 1: not a {what} header: {error}") from None
        if faults:
            raise InputError(f"{path}: line 1: {faults[1]}; expected {what} UTF-8 text")
        rows = list(_rows(reader, faults, format))
    if not header or not rows:
        raise InputError(f"{path}: empty: expected a header line and at least one row")
    names = [name.strip() for name in header]
    # A tab-separated file's header may leave out leading index columns, as pandas reads it.
    usual, _ = Counter(len(row.fields) for row in rows).most_common(1)[0]
    unnamed = usual - len(names) if format == "tsv" else 0
    return [""] * unnamed + names if 0 < unnamed <= MAX_INDEX_COLUMNS else names, rows


def _lines(file: BinaryIO, faults: dict[int, str]) -> Iterator[str]:
    """Decode line by line; note the fault of each line's bytes."""
    for number, line in enumerate(file, start=1):
        if b"\0" in line:
            faults[number] = "NUL byte"
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            faults[number] = f"invalid UTF-8 at byte {error.start + 1} of line {number}"
            yield line.decode("utf-8", "replace")


def _rows(reader: "Reader", faults: dict[int, str], format: str) -> Iterator[Row]:
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, reader.line_num, [], f"not {SEPARATED[format]} text: {error}")
            continue
        last = reader.line_num
        if not fields:
            continue
        fault = next((faults[n] for n in range(line, last + 1) if n in faults), None)
        # A stray quote swallows all that follows up to the next one: tabs, line ends, rows.
        if format == "tsv" and any("\t" in field and "\n" in field for field in fields):
            fault = f"a quote that opens in line {line} swallows the text up to line {last}"
        yield Row(line, last, fields, fault)


def _read_parquet(path: Path, columns: Columns) -> tuple[list[str], Iterator[Row]]:
    """Read a Parquet file; columns that no key names may be large, and are left empty."""
    import pyarrow as pa
    import pyarrow.parquet as pq

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

    def rows() -> Iterator[Row]:
        unread = [""] * size
        texts = {
            name: _texts(table[name], key, f"{path}: columns.{key}: {name!r}")
            for name, key in wanted.items()
        }
        fields = zip(*(texts.get(name, unread) for name in header), strict=True)
        for number, row in enumerate(fields, start=1):
            yield Row(number, number, list(row))

    return header, rows()


def _texts(column: "pa.ChunkedArray", key: str, where: str) -> list[str]:
    """A column's values as a file of text would hold them."""
    from pyarrow import types

    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    number = types.is_integer(kind) or types.is_floating(kind)
    others = {"id": (number,), "label": (number, types.is_boolean(kind))}
    if not text and not any(others.get(key, ())):
        allowed = {"id": "strings or numbers", "label": "strings, numbers or booleans"}
        raise InputError(f"{where}: expected {allowed.get(key, 'strings')}, found {kind}")
    return ["" if value is None else str(value) for value in column.to_pylist()]
