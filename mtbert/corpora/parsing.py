"""From a file of separated text to rows with their numbers.

The course reads its files with Python's csv module (tab separated, a field may be quoted and a
doubled quote in it stands for one), so we do too: texts come out as its code sees them. Pandas'
C reader follows the same rules of quoting, but reports no line numbers, and takes texts such as
"None" for missing ones. Bytes are decoded line by line before they reach the parser, so that a
fault in one line costs that line alone.
"""

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from mtbert.core.errors import InputError
from mtbert.core.tasks import FileFormat

if TYPE_CHECKING:
    from _csv import Reader

SEPARATED = {"\t": "tab-separated", ",": "comma-separated"}
# Bytes that a gzip file may unpack to: so many, and so many times its own
SMALL, DENSEST = 2**26, 100
PARQUET, GZIP = b"PAR1", b"\x1f\x8b"  # the first bytes of every such file
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


class QuotingError(InputError):
    """Quotes of a file open no quoted fields: they are part of the texts."""


def read_content(path: Path, most: int | None = None) -> bytes:
    """Read a file of text, gzipped or not; its lines end in a line feed, also after a return.

    Of a longer one only the first `most` bytes are read.

    Raises:
        InputError: it is a Parquet file, or a broken gzip file.
    """
    limit = SMALL + DENSEST * path.stat().st_size
    with path.open("rb") as file:
        packed = file.peek(2).startswith(GZIP)
        source = gzip.GzipFile(fileobj=file) if packed else file
        try:
            content = source.read(limit + 1 if most is None else most)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{path}: not a whole gzip file: {error}") from None
    if len(content) > limit:
        raise InputError(f"{path}: unpacks to more than {limit:,} bytes")
    if content.startswith(PARQUET):
        raise InputError(f"{path}: a Parquet file; expected text, or format: parquet in its task")
    return content if b"\n" in content else content.replace(b"\r", b"\n")


def decoded_lines(content: bytes, faults: dict[int, str]) -> Iterator[str]:
    """Decode line by line; note the fault of each line's bytes, by its number from 1."""
    for number, line in enumerate(BytesIO(content), start=1):
        if b"\0" in line:
            faults[number] = "NUL byte"
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            faults[number] = f"invalid UTF-8 at byte {error.start + 1} of line {number}"
            yield line.decode("utf-8", "replace")


def read_separated(
    path: Path, form: FileFormat, *, max_characters: int
) -> tuple[list[str], Sequence[Row]]:
    """Read the names of a file's columns ("" for each that has none), and its rows.

    Blank lines are skipped. Quoting is that of RFC 4180, and a quote within a field is a quote. A
    field of more than twice `max_characters` (and of 131,072) ends its row with a fault.

    Raises:
        InputError: the file is empty, or no text of this format; a QuotingError where some fields
            open with a quote that does not quote them, and `form` does not say what quotes are.
    """
    content, faults = read_content(path), dict[int, str]()
    reader = csv.reader(
        decoded_lines(content, faults),
        delimiter=form.separator,
        quoting=csv.QUOTE_NONE if form.quoting is False else csv.QUOTE_MINIMAL,
        strict=True,
    )
    what = SEPARATED.get(form.separator, f"{form.separator}-separated")
    misquoted: list[int] = []
    others = csv.field_size_limit(max(MIN_FIELD, 2 * max_characters))  # of the whole process
    try:
        rows = list(_rows(reader, faults, misquoted, form.separator, what))
    finally:
        csv.field_size_limit(others)
    if misquoted and form.quoting is None and _is_even(content, form):
        raise QuotingError(
            f"{path}: line {misquoted[0]}: a field opens with a quote that does not close at its "
            "end, and all lines have equally many fields if quotes are letters; in its task, write "
            "quoting: false for that, or quoting: true to leave out lines with faulty quotes"
        )
    if form.header and rows and (fault := rows[0].fault):
        hint = "; with quoting: false quotes are letters, with header: false it is a row"
        raise InputError(
            f"{path}: line 1: {fault}; expected a {what} header in UTF-8" + hint * bool(misquoted)
        )
    if len(rows) < 1 + form.header:
        raise InputError(f"{path}: empty: expected a header line and at least one row")
    return _named(rows, form)


def _named(rows: list[Row], form: FileFormat) -> tuple[list[str], list[Row]]:
    """Take the header off the rows, or number the columns."""
    header, rows = (rows[0].fields, rows[1:]) if form.header else ([], rows)
    usual, _ = Counter(len(row.fields) for row in rows).most_common(1)[0]
    if not form.header:
        return [str(place) for place in range(usual)], rows
    names = [name.strip() for name in header]
    # A tab-separated file's header may leave out leading index columns, as pandas reads it.
    unnamed = usual - len(names) if form.format == "tsv" else 0
    return [""] * unnamed + names if 0 < unnamed <= MAX_INDEX_COLUMNS else names, rows


def _rows(
    reader: "Reader", faults: dict[int, str], misquoted: list[int], separator: str, what: str
) -> Iterator[Row]:
    """Rows one by one; lines whose quotes are faulty are added to `misquoted`."""
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if not str(error).startswith("new-line"):
                misquoted.append(line)
            yield Row(line, reader.line_num, [], f"not {what} text: {error}")
            continue
        last = reader.line_num
        if not fields:
            continue
        fault = next((faults[n] for n in range(line, last + 1) if n in faults), None)
        # A stray quote swallows all that follows up to the next one: tabs, line ends, rows.
        if separator == "\t" and any("\t" in field and "\n" in field for field in fields):
            misquoted.append(line)
            fault = f"a quote that opens in line {line} swallows the text up to line {last}"
        yield Row(line, last, fields, fault)


def _is_even(content: bytes, form: FileFormat) -> bool:
    """Whether all lines have equally many fields if quotes are letters.

    A header may lack names of index columns; without one, lines may have further fields.
    """
    lines = (line.rstrip(b"\r") for line in content.split(b"\n"))
    counts = [line.count(form.separator.encode()) for line in lines if line]
    usual, _ = Counter(counts).most_common(1)[0]
    if not form.header:
        return min(counts) == usual
    return {*counts[1:]} == {usual} and 0 <= usual - counts[0] <= MAX_INDEX_COLUMNS
