"""A task is data: its files, its columns, the kind of its labels. The loop knows no task's name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from mtbert.errors import InputError
from mtbert.params import Settings, read_yaml, validate

SPLITS = ("train", "dev", "test")
Split = Literal["train", "dev", "test"]


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
        return files

    @property
    def paired(self) -> bool:
        """Whether an example is a pair of texts."""
        return self.columns.text_b is not None


def read_tasks(path: Path) -> dict[str, Task]:
    """Read section `tasks` of a params file.

    Raises:
        InputError: a row does not fit.
    """
    rows = read_yaml(path).get("tasks")
    if not isinstance(rows, Mapping) or not rows:
        raise InputError(f"{path}: tasks: expected a mapping of task names to rows, found {rows!r}")
    return {
        str(name): validate(Task, row, where=f"{path}: tasks.{name}") for name, row in rows.items()
    }
