"""A task is data: its files, its columns, the kind of its labels. The loop knows no task's name."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from mtbert.errors import InputError
from mtbert.params import Settings, read_yaml, validate

SPLITS = ("train", "dev", "test")
Split = Literal["train", "dev", "test"]

# Names become parts of file names and of columns, on any system.
NAME = re.compile(r"[a-z][a-z0-9_]*")
# Beside the tasks' scores stands one that combines them.
OVERALL = "overall"


class Columns(Settings):
    """Names of the columns in a task's files; without `text_b` the task is on single texts."""

    id: str
    text_a: str
    text_b: str | None = None
    label: str


class Classes(Settings):
    """Labels 0 .. count - 1."""

    kind: Literal["classes"]
    count: Annotated[int, Field(ge=2)]

    @property
    def width(self) -> int:
        """Numbers that a head puts out for one example."""
        return self.count

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest label."""
        return 0.0, float(self.count - 1)


class Binary(Settings):
    """Labels 0 and 1."""

    kind: Literal["binary"]
    width: Literal[1] = 1

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest label."""
        return 0.0, 1.0


class Similarity(Settings):
    """Any number between `low` and `high`."""

    kind: Literal["similarity"]
    low: float
    high: float
    width: Literal[1] = 1

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest label."""
        return self.low, self.high

    @model_validator(mode="after")
    def _ordered(self) -> "Similarity":
        if self.low >= self.high:
            raise ValueError(f"low must be below high, found {self.low} and {self.high}")
        return self


Labels = Annotated[Classes | Binary | Similarity, Field(discriminator="kind")]


class Hand(Settings):
    """How predictions are handed in: the file's name for a split, the column's heading."""

    file: str
    column: str

    @field_validator("file")
    @classmethod
    def _one_a_split(cls, file: str) -> str:
        if "{split}" not in file or set(file.replace("{split}", "")) & set("{}/\\"):
            raise ValueError(
                "must be a file name with {split} in it, without folders and other braces, "
                f"found {file!r}"
            )
        return file


class Task(Settings):
    """One task, as a row of the params file."""

    title: str
    files: dict[Split, str]
    columns: Columns
    labels: Labels
    predictions: Hand

    @field_validator("files")
    @classmethod
    def _train_and_dev(cls, files: dict[str, str]) -> dict[str, str]:
        if missing := {"train", "dev"} - set(files):
            raise ValueError(f"a task needs train and dev files, missing: {', '.join(missing)}")
        if len(set(files.values())) < len(files):
            raise ValueError(f"each split needs a file of its own, found {files}")
        return files

    @property
    def paired(self) -> bool:
        """Whether an example is a pair of texts."""
        return self.columns.text_b is not None


def read_tasks(path: Path) -> dict[str, Task]:
    """Read section `tasks` of a params file.

    Raises:
        InputError: a name or a row does not fit, or two hand-in files have the same name.
    """
    rows = read_yaml(path).get("tasks")
    if not isinstance(rows, Mapping) or not rows:
        raise InputError(f"{path}: tasks: expected a mapping of task names to rows, found {rows!r}")
    for name in rows:
        if not NAME.fullmatch(str(name)) or name == OVERALL:
            raise InputError(
                f"{path}: tasks: a name is a letter a-z, then a-z, 0-9 and _ only, and not "
                f"{OVERALL!r}, which is the combined score; found {name!r}"
            )
    tasks = {name: validate(Task, row, where=f"{path}: tasks.{name}") for name, row in rows.items()}
    _check_hands(path, tasks)
    return tasks


def _check_hands(path: Path, tasks: Mapping[str, Task]) -> None:
    """Refuse two hand-in files of the same name: all lie in one folder."""
    taken: dict[str, str] = {}
    for name, task in tasks.items():
        for split in SPLITS:
            file = task.predictions.file.replace("{split}", split)
            owner = taken.setdefault(file, name)
            if owner != name:
                raise InputError(
                    f"{path}: tasks.{name}.predictions.file: {file} is tasks.{owner}'s already; "
                    f"each task needs names of its own, found {task.predictions.file!r}"
                )
