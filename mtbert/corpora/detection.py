"""Detect how a file holds rows: by the ending of its name, then by its first lines."""

import csv
from itertools import islice
from pathlib import Path

from mtbert.core.tasks import SEPARATORS, FileFormat
from mtbert.corpora.parsing import decoded_lines, read_content

DELIMITERS = (",", "\t", ";", "|")
LINES, BYTES = 1000, 2**20  # read to choose one, at most


def ending_of(path: Path) -> str:
    """The ending of a table's name, in lower case, without .gz: .csv of a.CSV.gz."""
    return Path(path.name.lower().removesuffix(".gz")).suffix


def detect_format(path: Path) -> FileFormat:
    """Detect a file's format and, of separated text, the delimiter.

    The course's .csv files have tabs: they are tsv.
    """
    ending = ending_of(path)
    if ending in (".jsonl", ".parquet"):
        return FileFormat(format=ending[1:])  # type: ignore[arg-type]
    usual = SEPARATORS["tsv" if ending == ".tsv" else "csv"]
    lines = list(islice(decoded_lines(read_content(path, BYTES), {}), LINES))
    delimiter = _delimiter([line for line in lines if line.strip()], usual)
    if delimiter == "\t":
        return FileFormat(format="tsv")
    return FileFormat(format="csv", delimiter=None if delimiter == "," else delimiter)


def _delimiter(lines: list[str], usual: str) -> str:
    """The delimiter in the first line that gives all lines equally many fields, the usual first."""
    options = dict.fromkeys((usual, *DELIMITERS))
    present = [option for option in options if lines and option in lines[0]]
    even = [option for option in present if _is_even(lines, option)]
    return next(iter(even or present), usual)


def _is_even(lines: list[str], delimiter: str) -> bool:
    try:
        rows = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return False
    # The last row may go on behind the lines that are read.
    return len({*(rows[:-1] or rows)}) == 1
