"""From rows to examples: unusable rows are listed, never dropped silently."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PositiveInt

from mtbert.core.errors import InputError, choices
from mtbert.core.labels import Binary, Labels, Similarity, classes
from mtbert.core.params import Settings
from mtbert.core.tasks import SEPARATORS, Split, Task
from mtbert.corpora.detection import DELIMITERS
from mtbert.corpora.parsing import Row, read_separated
from mtbert.corpora.records import read_json_lines, read_parquet

# The fault of an id that occurs twice, and a remedy
REPEATED = "is already in"
WITHOUT_IDS = "columns.id may be left out where ids are not unique in a file: rows are then counted"
# Truth values as a Parquet file, and Python, write them.
TRUTH = {"False": 0.0, "True": 1.0}
# What would end an id in a submission file, which has lines of `id , value`
UNWRITABLE = re.compile(r"[,\x00-\x1f\x7f-\x9f\u2028\u2029]")
SHOWN = 10  # unusable rows that are printed for a file; the report lists all


class Data(Settings):
    """Section `data`: where the corpora come from, and which of their rows can be used."""

    source: Annotated[str, Field(min_length=1)]  # sample | cs224n | a folder
    max_bad_share: Annotated[float, Field(ge=0, lt=1)]  # of the rows of one file
    max_characters: PositiveInt  # of one text


@dataclass
class Examples:
    """The usable rows of one split in their order, and the lines that cannot be used."""

    file: str
    usable: list[dict[str, Any]] = field(default_factory=list)  # rows of a TEXT table
    unusable: list[tuple[int, str]] = field(default_factory=list)  # line, reason
    unit: str = "line"  # what the file is counted in: lines, or rows
    notes: list[str] = field(default_factory=list)  # what is read in another way than it stands

    @property
    def rows(self) -> int:
        """Rows in the file, usable or not."""
        return len(self.usable) + len(self.unusable)

    def warnings(self) -> list[str]:
        """Lines to print: notes, then on the first unusable rows, then how many more."""
        lines = [f"{self.unit} {line}: not used: {why}" for line, why in self.unusable[:SHOWN]]
        if more := len(self.unusable) - len(lines):
            lines.append(f"and {more} more, see the report")
        return [f"warning: {self.file}: {line}" for line in (*self.notes, *lines)]


class UnusableError(Exception):
    """Why a row cannot be used."""


def read_task(folder: Path, name: str, task: Task, data: Data) -> Iterator[tuple[str, Examples]]:
    """Read a task's files one after the other.

    Yields:
        The split and its examples.

    Raises:
        InputError: a file is missing or empty, has other columns, or has too many unusable rows.
    """
    for split, file in task.files.items():
        if not (folder / file).is_file():
            files = sorted(path.name for path in folder.glob("*.*")) or ["none"]
            raise InputError(f"tasks.{name}: {folder}: {choices('file', file, files)}")
        examples = read_split(folder / file, task, data, split=split)
        if split == "train":
            examples.notes += _similar_classes(examples, task.labels)
        yield split, examples


def read_split(path: Path, task: Task, data: Data, *, split: Split) -> Examples:
    """Read one file. Every row must have a label, unless the split is `test`.

    Raises:
        InputError: as for `read_task`; a submission file cannot hold an id of dev or test.
    """
    header, rows = read_rows(path, task, max_characters=data.max_characters)
    examples = Examples(path.name, unit="row" if task.format == "parquet" else "line")
    labelled = split != "test"
    places = _places(path, header, task, labelled=labelled)
    seen: dict[str, int] = {}  # id -> line
    hidden = longer = 0
    for number, row in enumerate(rows, start=1):
        if not task.header and len(row.fields) > len(header):
            longer, row = longer + 1, replace(row, fields=row.fields[: len(header)])
        try:
            fields = _fields(row, places, len(header), data.max_characters, labelled=labelled)
            example: dict[str, Any] = {"id": f"{split}-{number}", **fields}
            label = example.pop("label", None)
            if label and not labelled and _hidden(label, task.labels):
                hidden += 1
            elif label:
                example["label"] = read_label(label, task.labels)
            if split != "train":
                _check_writable(example["id"], f"{path}: {examples.unit} {row.line}")
            if (line := seen.setdefault(example["id"], row.line)) != row.line:
                raise UnusableError(f"id {example['id']} {REPEATED} {examples.unit} {line}")
        except UnusableError as reason:
            # Each line of a row in pieces may have been a row of its own: all of them count.
            lines = range(row.line, row.last + 1) if row.fault else [row.line]
            examples.unusable += [(line, str(reason)) for line in lines]
            continue
        examples.usable.append(example)
    if hidden:
        examples.notes.append(f"the label -1 of {hidden:,} rows stands for none")
    if longer:
        examples.notes.append(f"{longer:,} rows have more than {len(header)} fields: not read")
    _judge(path, examples, data.max_bad_share)
    return examples


def _similar_classes(examples: Examples, labels: Labels) -> list[str]:
    """Warn of classes whose names are one but for capitals and spaces."""
    counts = Counter(example.get("label") for example in examples.usable)
    names: dict[str, list[str]] = {}
    for label, name in enumerate(classes(labels)):
        shown = f"{name!r} ({counts[label]:,} row{'s' * (counts[label] != 1)})"
        names.setdefault(" ".join(name.casefold().split()), []).append(shown)
    hint = "differ in capitals or spaces alone; if they are one class, write it in one way"
    return [f"classes {' and '.join(own)} {hint}" for own in names.values() if len(own) > 1]


def _check_writable(name: str, where: str) -> None:
    """Refuse an id that would end early in a submission file."""
    if sign := UNWRITABLE.search(name):
        raise InputError(
            f"{where}: id {name!r}: submission files cannot hold {sign[0]!r} in an id; without "
            "columns.id, rows are counted"
        )


def read_rows(path: Path, task: Task, *, max_characters: int) -> tuple[list[str], Iterable[Row]]:
    """Read a file's columns and rows, in whatever format its task says that it is.

    Raises:
        InputError: the file is empty, or is not of that format.
    """
    if task.format == "parquet":
        return read_parquet(path, task.columns)
    if task.format == "jsonl":
        return read_json_lines(path, task.columns)
    return read_separated(path, task, max_characters=max_characters)


def _places(path: Path, header: list[str], task: Task, *, labelled: bool) -> dict[str, int]:
    """TEXT column -> position in a row."""
    where = path if task.format == "parquet" else f"{path}: line 1"
    wanted = {key: name for key, name in task.columns.model_dump().items() if name is not None}
    if not labelled and wanted["label"] not in header:
        del wanted["label"]
    named = [name for name in header if name] or ["none has a name"]
    for key, name in wanted.items():
        if name not in header:
            raise InputError(f"{where}: columns.{key}: {_no_column(name, named, task)}")
        if header.count(name) > 1:
            raise InputError(
                f"{where}: columns.{key}: expected one column {name!r}, found {header.count(name)}"
            )
    return {key: header.index(name) for key, name in wanted.items()}


def _no_column(name: str, header: list[str], task: Task) -> str:
    """The fault of a column that is not there, and an option where the header hints at one."""
    if name.isdecimal() and task.header and task.format in SEPARATORS:
        names = ", ".join(text[:20] for text in header[:3])
        return f"no column {name!r} in the header ({names}, …); by number needs header: false"
    fault = choices("column", name, header)
    # Names of columns that look like a line that was never taken apart
    lines = header if task.format in SEPARATORS else []
    for other in DELIMITERS if lines else ():
        if other != task.separator and any(other in text for text in lines):
            formats = [] if task.delimiter else [f for f, d in SEPARATORS.items() if d == other]
            remedy = f"format: {formats[0]}" if formats else f"delimiter: '{other}'"
            return f"{fault}; the task has format: {task.format}, should it be {remedy}?"
    return fault


def _fields(
    row: Row, places: dict[str, int], width: int, longest: int, *, labelled: bool
) -> dict[str, str]:
    """TEXT column -> what the row holds there, stripped."""
    if row.fault:
        raise UnusableError(row.fault)
    if len(row.fields) != width:
        raise UnusableError(f"expected {width} fields, found {len(row.fields)}")
    fields = {key: row.fields[place].strip() for key, place in places.items()}
    empty = [key for key, text in fields.items() if not text]
    if empty and (labelled or empty != ["label"]):
        raise UnusableError(f"no {' and no '.join(empty)}")
    for key in ("text_a", "text_b"):
        if (size := len(fields.get(key, ""))) > longest:
            raise UnusableError(
                f"{key} has {size} characters, more than data.max_characters, {longest}"
            )
    return fields


def _hidden(text: str, labels: Labels) -> bool:
    """Whether it is -1, as GLUE writes labels of test splits that it hides, and -1 is no label."""
    hides = _number(text) == -1 and labels.bounds[0] > -1
    return hides and -1 not in map(_number, classes(labels))


def read_label(text: str, labels: Labels) -> float:
    """The number of a label as a file writes it: by its name, or as a number.

    Raises:
        UnusableError: it is none of the labels.
    """
    value, names = _number(text), classes(labels)
    if isinstance(labels, Similarity):
        if value is not None and labels.low <= value <= labels.high:
            return value
        allowed = f"a number from {labels.low:g} to {labels.high:g}"
        raise UnusableError(f"label {text!r} is not allowed; expected {allowed}")
    if text in names:
        return float(names.index(text))
    numbers = [_number(name) for name in names]
    numeric = any(number is not None for number in numbers)
    # Truth values stand for 0 and 1 unless names are truth values or numbers in another order.
    doubtful = labels.names and (numeric or any(name.capitalize() in TRUTH for name in names))
    if isinstance(labels, Binary) and text in TRUTH and not doubtful:
        return TRUTH[text]
    # 1.0 is the label 1, whose place need not be 1: names may be numbers, such as stars 1 to 5.
    places = numbers if numeric else [*range(len(names))]
    if value is not None and value in places:
        return float(places.index(value))
    if labels.names is not None:
        raise UnusableError(choices("label", text, names))
    allowed = f"a whole number from {names[0]} to {names[-1]}"
    raise UnusableError(f"label {text!r} is not allowed; expected {allowed}")


def _number(text: str) -> float | None:
    """The finite number that a text stands for, if it does."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _judge(path: Path, examples: Examples, max_bad_share: float) -> None:
    """Stop at too many unusable rows."""
    bad = len(examples.unusable)
    if examples.usable and bad <= max_bad_share * examples.rows:
        return
    rule = f"data.max_bad_share is {max_bad_share:g}" if examples.usable else "none is left"
    share = f"{bad} of {examples.rows} rows ({bad / examples.rows:.2%}) cannot be used"
    lines = [f"{path}: {examples.unit} {line}: {why}" for line, why in examples.unusable[:SHOWN]]
    hints = [WITHOUT_IDS] if any(REPEATED in reason for _, reason in examples.unusable) else []
    raise InputError("\n".join([f"{path}: {share}; {rule}; the first:", *lines, *hints]))
