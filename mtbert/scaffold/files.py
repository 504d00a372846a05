"""The tables of a folder, by task and split as their names say."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtbert.core.errors import InputError
from mtbert.core.names import LONGEST, check_name
from mtbert.core.tasks import OVERALL, RESERVED, SEPARATORS, FileFormat, Split
from mtbert.corpora.detection import ending_of
from mtbert.inference.tables import ENDINGS, column, place_of, read_detected

if TYPE_CHECKING:
    import pandas as pd

# Words in the names of files -> split
SPLIT_WORDS: dict[str, Split] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("dev", "val", "valid", "validation"), "dev"),
    "test": "test",
}
ROWS_SHOWN = 3
MOST_WORDS = 6  # in the name of a column; more are a text


@dataclass(frozen=True)
class TableFile:
    """A file and its content."""

    path: Path
    format: FileFormat
    frame: "pd.DataFrame"

    def texts(self, name: str) -> list[str]:
        """A column as the pipeline reads it, "" for no value."""
        values = column(self.frame, name, where=str(self.path))
        return ["" if value is None else str(value).strip() for value in values]

    def filled(self, name: str, what: str) -> list[str]:
        """A column of which no row may be empty; `what` it holds is a text or a label."""
        values = self.texts(name)
        if empty := [row for row, value in enumerate(values) if not value]:
            shown = ", ".join(place_of(self.frame, row) for row in empty[:ROWS_SHOWN])
            more = f" and {len(empty) - ROWS_SHOWN} more" if len(empty) > ROWS_SHOWN else ""
            raise InputError(
                f"{self.path}: column {name!r}: no {what} in {shown}{more}; remove such rows, or "
                "fill them"
            )
        return values


def read_tables(folder: Path) -> dict[str, dict[Split, TableFile]]:
    """Read a folder's tables: task → split → file; one without a split in its name is train.

    Raises:
        InputError: there is none, a name or a file cannot be used, or a task lacks a train file.
    """
    paths = sorted(path for path in folder.iterdir() if ending_of(path) in ENDINGS)
    if not paths:
        raise InputError(f"{folder}: no table here; expected files ending in {', '.join(ENDINGS)}")
    by_task: dict[str, dict[Split, Path]] = {}
    for path in paths:
        check_name(path.name, where=f"{folder}: rename a file", dots=True)
        task, split = _task_and_split(path)
        other = by_task.setdefault(task, {}).setdefault(split, path)
        if other != path:
            raise InputError(
                f"{path} and {other.name}: both are the {split} file of a task {task}; rename one, "
                "or join them"
            )
    for task, files in by_task.items():
        if "train" not in files:
            path = next(iter(files.values()))
            raise InputError(f"{path}: no file to train on beside it, such as {task}-train.csv")
    order = dict.fromkeys(SPLIT_WORDS.values())
    return {
        task: _read_splits({split: files[split] for split in order if split in files})
        for task, files in by_task.items()
    }


def _task_and_split(path: Path) -> tuple[str, Split]:
    """What the name of a file says: `tickets-dev.csv` is dev of `tickets`; `dev.csv`, of folder."""
    words = re.findall(r"[a-z0-9]+", path.name.lower().removesuffix(".gz").rpartition(".")[0])
    splits = [word for word in words if word in SPLIT_WORDS]
    if len(splits) == 1:
        words.remove(splits[0])
    if not words:
        words = re.findall(r"[a-z0-9]+", path.absolute().parent.name.lower())
    name = "_".join(words)
    if not name[:1].isalpha():
        name = f"task_{name}".strip("_")
    if name in RESERVED or name == OVERALL:
        name += "_task"
    return name[:LONGEST], SPLIT_WORDS[splits[0]] if len(splits) == 1 else "train"


def _read_splits(files: dict[Split, Path]) -> dict[Split, TableFile]:
    """Read a task's files; what one of them shows of quotes and headers holds for all."""
    tables = {split: TableFile(path, *read_detected(path)) for split, path in files.items()}
    separated = [table for table in tables.values() if table.format.format in SEPARATORS]
    quoting = False if any(table.format.quoting is False for table in separated) else None
    header = not any(_begins_with_row(table) for table in separated)
    if header and quoting is None:
        return tables
    return {
        split: TableFile(path, *read_detected(path, quoting=quoting, header=header))
        for split, path in files.items()
    }


def _begins_with_row(table: TableFile) -> bool:
    """Whether the first line holds no names of columns."""
    names = [str(name) for name in table.frame.columns]
    return any(
        len(name.split()) > MOST_WORDS
        or re.fullmatch(r"[-+]?[0-9.]+", name)
        or (names.count(name) == 1 and name and name in table.texts(name))
        for name in names
    )
