"""How the small files of the runs are read; one that is broken is named, with what mends it."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtbert.core import params
from mtbert.core.errors import InputError

MEND = "`dvc repro` makes it anew"

# A CSV log as columns; an empty cell is None, a cell that is no number stays text.
Log = dict[str, list[Any]]
Pairs = list[tuple[int, int]]  # places of an actual and a predicted class among the task's


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        InputError: there is no such file, or it is no JSON object.
    """
    try:
        return params.read_json(path)
    except InputError as error:
        raise InputError(f"{error}; {MEND}") from None


def read_log(
    path: Path, columns: Sequence[str], *, words: Sequence[str] = (), may_be_empty: bool = False
) -> Log:
    """Read a CSV log whose given columns hold numbers, or nothing.

    Args:
        path: The file.
        columns: Columns that it must have, of numbers.
        words: Columns that it must have, of text.
        may_be_empty: Whether a header without rows is a whole file.

    Raises:
        InputError: there is no such file; it is empty or cut, lacks a column, or holds a word where
            a number belongs.
    """
    cells = _columns(path, [*columns, *words], may_be_empty=may_be_empty)
    log = {name: found if name in words else [*map(_cell, found)] for name, found in cells.items()}
    for name in columns:
        for line, value in enumerate(log[name], start=2):
            if isinstance(value, str):
                raise InputError(
                    f"{path}: line {line}: {name}: expected a number, found {value!r}; {MEND}"
                )
    return log


def read_pairs(path: Path, classes: Sequence[str]) -> Pairs:
    """Read the actual and predicted class of each example.

    Raises:
        InputError: the file is missing or broken, or a class is none of the task's.
    """
    log = _columns(path, ("actual", "predicted"))
    places = {name: place for place, name in enumerate(classes)}
    pairs: Pairs = []
    for line, pair in enumerate(zip(log["actual"], log["predicted"], strict=True), start=2):
        if any(name not in places for name in pair):
            raise InputError(
                f"{path}: line {line}: expected classes from {classes[0]} to {classes[-1]}, "
                f"found {pair[0]!r} and {pair[1]!r}; {MEND}"
            )
        pairs.append((places[pair[0]], places[pair[1]]))
    return pairs


def _columns(
    path: Path, columns: Sequence[str], *, may_be_empty: bool = False
) -> dict[str, list[str]]:
    """A whole CSV file, column by column."""
    text = _text(path)
    header, *rows = csv.reader(text.splitlines()) if text else [[]]
    if lost := [name for name in columns if name not in header]:
        raise InputError(f"{path}: no column {lost[0]!r} (found: {', '.join(header)}); {MEND}")
    if not (rows or may_be_empty) or not text.endswith("\n"):
        raise InputError(f"{path}: cut off after line {len(rows) + 1}; {MEND}")
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise InputError(
                f"{path}: line {line}: expected {len(header)} cells, found {len(row)}; {MEND}"
            )
    return {name: [row[i] for row in rows] for i, name in enumerate(header)}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc repro` makes it") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8: {error}; {MEND}") from None


def _cell(text: str) -> Any:
    try:
        return float(text) if text else None
    except ValueError:
        return text
