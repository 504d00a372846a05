"""From bytes to rows with their line numbers.

The course reads its files with Python's csv module (tab separated, a field may be quoted and a
doubled quote in it stands for one), so we do too: texts come out as its code sees them. Pandas'
C reader follows the same rules of quoting, but reports no line numbers, and takes texts such as
"None" for missing ones. Bytes are looked at line by line before they reach the parser, so that a
fault in one line costs that line alone.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mtbert.core.errors import InputError

if TYPE_CHECKING:
    from _csv import Reader

# Format -> what stands between two fields.
DELIMITERS = {"tsv": "\t", "csv": ","}
SEPARATED = {"tsv": "tab-separated", "csv": "comma-separated"}
# The first bytes of every Parquet file.
PARQUET = b"PAR1"
# Index columns that a tab-separated file's header may leave out.
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


def read_rows(path: Path, *, format: str, max_characters: int) -> tuple[list[str], list[Row]]:
    """Read a file of separated fields.

    Blank lines hold no row and are passed over. A comma-separated file has to be quoted as RFC 4180
    says; in a tab-separated one a quote within a field is a quote.

    Args:
        path: the file.
        format: tsv or csv.
        max_characters: the longest text that is going to be accepted; a field of twice that (and
            of 131,072 characters) ends its row with a fault.

    Returns:
        The names of its columns, with "" for each that has none, and its rows.

    Raises:
        InputError: the file is missing or empty, or its header is not text.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
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
    return names if format == "csv" else _indexed(names, rows), rows


def _lines(file: BinaryIO, faults: dict[int, str]) -> Iterator[str]:
    """Decode line by line; note the faults of each line's bytes."""
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


def _indexed(names: list[str], rows: list[Row]) -> list[str]:
    """Leading index columns may be left out of a header, as pandas reads it."""
    usual, _ = Counter(len(row.fields) for row in rows).most_common(1)[0]
    extra = usual - len(names)
    return [""] * extra + names if 0 < extra <= MAX_INDEX_COLUMNS else names
