"""From rows to examples: what cannot be used is named, never dropped silently."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mtbert.core.errors import InputError, choices
from mtbert.core.labels import Binary, Labels, Similarity, classes
from mtbert.core.tasks import Split, Task
from mtbert.corpora.parquet import read_parquet
from mtbert.corpora.parsing import DELIMITERS, Row, read_rows
from mtbert.corpora.settings import Data

if TYPE_CHECKING:
    import pyarrow as pa

# What is said of an id that stands twice, and what may help.
REPEATED = "is already in"
WITHOUT_IDS = "columns.id may be left out where ids are not unique in a task: rows are then counted"
# Truth values as a Parquet file, and Python, write them.
TRUTH = {"False": 0.0, "True": 1.0}
SHOWN = 10  # unusable rows that are printed for a file; the report lists all


@dataclass
class Examples:
    """The usable rows of one split in their order, and the lines that cannot be used."""

    file: str
    ids: list[str] = field(default_factory=list)
    texts_a: list[str] = field(default_factory=list)
    texts_b: list[str | None] = field(default_factory=list)  # None in a task on single texts
    labels: list[float | None] = field(default_factory=list)  # None where test has none
    unusable: list[tuple[int, str]] = field(default_factory=list)  # line, reason
    unit: str = "line"  # what the file is counted in: lines, or rows

    @property
    def rows(self) -> int:
        """Rows in the file, usable or not."""
        return len(self.ids) + len(self.unusable)

    def table(self) -> "pa.Table":
        """The usable rows as a TEXT table."""
        import pyarrow as pa

        from mtbert.core.schemas import text_schema

        columns = [self.ids, self.texts_a, self.texts_b, self.labels]
        return pa.table(dict(zip(text_schema().names, columns, strict=True)), schema=text_schema())


class _UnusableError(Exception):
    """Why a row cannot be used."""


def read_task(folder: Path, name: str, task: Task, data: Data) -> Iterator[tuple[str, Examples]]:
    """Read a task's files one after the other.

    Yields:
        The split and its examples.

    Raises:
        InputError: a file is missing or empty, has other columns, or has too many unusable rows.
    """
    seen: dict[str, str] = {}
    for split, file in task.files.items():
        if not (folder / file).is_file():
            there = sorted(path.name for path in folder.glob("*.*"))
            raise InputError(f"tasks.{name}: {folder}: {choices('file', file, there or ['none'])}")
        yield split, read_split(folder / file, task, data, split=split, seen=seen)


def read_split(
    path: Path, task: Task, data: Data, *, split: Split, seen: dict[str, str]
) -> Examples:
    """Read one file.

    Args:
        path: the file.
        task: its format, what its columns are called and which labels are allowed.
        data: how many rows may be unusable, how long a text may be.
        split: every row must have a label, unless it is `test`.
        seen: id -> where, of the task's files read before; this file's are added.

    Raises:
        InputError: as for `read_task`.
    """
    header, rows = _open(path, task, data)
    examples = Examples(path.name, unit="row" if task.format == "parquet" else "line")
    labelled = split != "test"
    places = _places(path, header, task, labelled=labelled)
    for number, row in enumerate(rows, start=1):
        try:
            fields = _fields(row, places, len(header), data.max_characters, labelled=labelled)
            fields.setdefault("id", f"{split}-{number}")
            label = _label(fields["label"], task.labels) if fields.get("label") else None
            if fields["id"] in seen:
                raise _UnusableError(f"id {fields['id']} {REPEATED} {seen[fields['id']]}")
        except _UnusableError as reason:
            # Each line of a row in pieces may have been a row of its own: all of them count.
            lines = range(row.line, row.last + 1) if row.fault else [row.line]
            examples.unusable += [(line, str(reason)) for line in lines]
            continue
        seen[fields["id"]] = f"{path.name} {examples.unit} {row.line}"
        examples.ids.append(fields["id"])
        examples.texts_a.append(fields["text_a"])
        examples.texts_b.append(fields.get("text_b"))
        examples.labels.append(label)
    _judge(path, examples, data.max_bad_share)
    return examples


def _open(path: Path, task: Task, data: Data) -> tuple[list[str], Iterable[Row]]:
    """The names of a file's columns, and its rows."""
    if task.format == "parquet":
        return read_parquet(path, task.columns)
    return read_rows(path, format=task.format, max_characters=data.max_characters)


def _places(path: Path, header: list[str], task: Task, *, labelled: bool) -> dict[str, int]:
    """TEXT column -> position in a row."""
    where = path if task.format == "parquet" else f"{path}: line 1"
    wanted = {key: name for key, name in task.columns.model_dump().items() if name is not None}
    if not labelled and wanted["label"] not in header:
        del wanted["label"]
    named = [name for name in header if name] or ["none has a name"]
    for key, name in wanted.items():
        if name not in header:
            fault = choices("column", name, named) + _other_format(header, task.format)
            raise InputError(f"{where}: columns.{key}: {fault}")
        if header.count(name) > 1:
            raise InputError(
                f"{where}: columns.{key}: expected one column {name!r}, found {header.count(name)}"
            )
    return {key: header.index(name) for key, name in wanted.items()}


def _other_format(header: list[str], format: str) -> str:
    """A hint where the names of columns look like a line that was never taken apart."""
    for other, delimiter in DELIMITERS.items():
        if format in DELIMITERS and format != other and any(delimiter in name for name in header):
            return f"; the task has format: {format}, should it be {other}?"
    return ""


def _fields(
    row: Row, places: dict[str, int], width: int, longest: int, *, labelled: bool
) -> dict[str, str]:
    """TEXT column -> what the row holds there, stripped."""
    if row.fault:
        raise _UnusableError(row.fault)
    if len(row.fields) != width:
        raise _UnusableError(f"expected {width} fields, found {len(row.fields)}")
    fields = {key: row.fields[place].strip() for key, place in places.items()}
    empty = [key for key, text in fields.items() if not text]
    if empty and (labelled or empty != ["label"]):
        raise _UnusableError(f"no {' and no '.join(empty)}")
    for key in ("text_a", "text_b"):
        if (size := len(fields.get(key, ""))) > longest:
            raise _UnusableError(
                f"{key} has {size} characters, more than data.max_characters, {longest}"
            )
    return fields


def _label(text: str, labels: Labels) -> float:
    value = _number(text)
    if isinstance(labels, Similarity):
        if value is None or not labels.low <= value <= labels.high:
            allowed = f"a number from {labels.low:g} to {labels.high:g}"
            raise _UnusableError(f"label {text!r} is not allowed; expected {allowed}")
        return value
    names = classes(labels)
    if text in names:
        return float(names.index(text))
    if isinstance(labels, Binary) and text in TRUTH and _ordered_by_truth(labels):
        return TRUTH[text]
    # 1.0 is the label 1, whose place need not be 1: names may be numbers, such as stars 1 to 5.
    numbers = [_number(name) for name in names]
    places = numbers if any(number is not None for number in numbers) else [*range(len(names))]
    if value is not None and value in places:
        return float(places.index(value))
    if labels.names is not None:
        raise _UnusableError(choices("label", text, names))
    allowed = f"a whole number from {names[0]} to {names[-1]}"
    raise _UnusableError(f"label {text!r} is not allowed; expected {allowed}")


def _ordered_by_truth(labels: Binary) -> bool:
    """Whether the names of the labels 0 and 1 leave no doubt that these are false and true."""
    names = labels.names or ()
    return not any(name.capitalize() in TRUTH or _number(name) is not None for name in names)


def _number(text: str) -> float | None:
    """The finite number that a text stands for, if it does."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _judge(path: Path, examples: Examples, max_bad_share: float) -> None:
    """Stop at too many unusable rows."""
    bad, unit = len(examples.unusable), examples.unit
    listed = [f"{path}: {unit} {line}: {reason}" for line, reason in examples.unusable[:SHOWN]]
    if not examples.ids or bad > max_bad_share * examples.rows:
        rule = "none is left" if not examples.ids else f"data.max_bad_share is {max_bad_share:g}"
        share = f"{bad} of {examples.rows} rows ({bad / examples.rows:.2%}) cannot be used"
        hints = [WITHOUT_IDS] if any(REPEATED in reason for _, reason in examples.unusable) else []
        raise InputError("\n".join([f"{path}: {share}; {rule}; the first:", *listed, *hints]))
