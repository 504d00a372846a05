"""From rows to examples: what cannot be used is named, never dropped silently."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mtbert.corpora.parsing import Row, read_rows
from mtbert.corpora.settings import Data
from mtbert.errors import InputError, choices
from mtbert.tasks import Labels, Similarity, Task

if TYPE_CHECKING:
    import pyarrow as pa

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

    @property
    def rows(self) -> int:
        """Rows in the file, usable or not."""
        return len(self.ids) + len(self.unusable)

    def table(self) -> "pa.Table":
        """The usable rows as a TEXT table."""
        import pyarrow as pa

        from mtbert.schemas import text_schema

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
            there = sorted(path.name for path in folder.glob("*.csv"))
            raise InputError(f"tasks.{name}: {folder}: {choices('file', file, there or ['none'])}")
        examples = read_split(folder / file, task, data, labelled=split != "test", seen=seen)
        yield split, examples


def read_split(
    path: Path, task: Task, data: Data, *, labelled: bool, seen: dict[str, str]
) -> Examples:
    """Read one file.

    Args:
        path: the file.
        task: what its columns are called and which labels are allowed.
        data: how many rows may be unusable, how long a text may be.
        labelled: whether every row must have a label.
        seen: id -> where, of the task's files read before; this file's are added.

    Raises:
        InputError: as for `read_task`.
    """
    header, rows = read_rows(path, max_characters=data.max_characters)
    places = _places(path, header, task, labelled=labelled)
    examples = Examples(path.name)
    for row in rows:
        try:
            fields = _fields(row, places, len(header), data.max_characters, labelled=labelled)
            label = _label(fields["label"], task.labels) if fields.get("label") else None
            if fields["id"] in seen:
                raise _UnusableError(f"id {fields['id']} is already in {seen[fields['id']]}")
        except _UnusableError as reason:
            # Each line of a row in pieces may have been a row of its own: all of them count.
            lines = range(row.line, row.last + 1) if row.fault else [row.line]
            examples.unusable += [(line, str(reason)) for line in lines]
            continue
        seen[fields["id"]] = f"{path.name} line {row.line}"
        examples.ids.append(fields["id"])
        examples.texts_a.append(fields["text_a"])
        examples.texts_b.append(fields.get("text_b"))
        examples.labels.append(label)
    _judge(path, examples, data.max_bad_share)
    return examples


def _places(path: Path, header: list[str], task: Task, *, labelled: bool) -> dict[str, int]:
    """TEXT column -> position in a row."""
    wanted = {key: name for key, name in task.columns.model_dump().items() if name is not None}
    if not labelled and wanted["label"] not in header:
        del wanted["label"]
    named = [name for name in header if name] or ["none has a name"]
    for key, name in wanted.items():
        if name not in header:
            raise InputError(f"{path}: line 1: columns.{key}: {choices('column', name, named)}")
        if header.count(name) > 1:
            raise InputError(
                f"{path}: line 1: columns.{key}: expected one column {name!r}, "
                f"found {header.count(name)}"
            )
    return {key: header.index(name) for key, name in wanted.items()}


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
    low, high = labels.bounds
    allowed = f"a number from {low:g} to {high:g}"
    if not isinstance(labels, Similarity):
        allowed = f"a whole number from {low:g} to {high:g}"
    try:
        value = float(text)
    except ValueError:
        raise _UnusableError(f"label {text!r} is not a number; expected {allowed}") from None
    whole = isinstance(labels, Similarity) or value.is_integer()
    if not math.isfinite(value) or not low <= value <= high or not whole:
        raise _UnusableError(f"label {text!r} is not allowed; expected {allowed}")
    return value


def _judge(path: Path, examples: Examples, max_bad_share: float) -> None:
    """Stop at too many unusable rows."""
    bad = len(examples.unusable)
    listed = [f"{path}: line {line}: {reason}" for line, reason in examples.unusable[:SHOWN]]
    if not examples.ids or bad > max_bad_share * examples.rows:
        rule = "none is left" if not examples.ids else f"data.max_bad_share is {max_bad_share:g}"
        share = f"{bad} of {examples.rows} rows ({bad / examples.rows:.2%}) cannot be used"
        raise InputError("\n".join([f"{path}: {share}; {rule}; the first:", *listed]))
