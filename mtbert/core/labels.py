"""The kinds of labels that a task may have, what they are called, and what they are judged by."""

import json
from math import floor
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mtbert.core.params import Settings

# What a task is judged by, unless its row names another metric
MAIN_METRICS = {"classes": "accuracy", "binary": "accuracy", "similarity": "pearson"}


def _quoted(names: Any) -> Any:
    """Refuse what YAML takes for a number or a truth value: `01` would become another text."""
    if not isinstance(names, tuple):
        return names
    if wrong := [name for name in names if name is None or isinstance(name, (int, float))]:
        quoted = ", ".join(f'"{n if isinstance(n, str) else json.dumps(n)}"' for n in names)
        raise ValueError(
            f"names are text, quote each: [{quoted}]; found {json.dumps(wrong[0])} without quotes"
        )
    return names


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := [name for name in names if not name.isprintable() or name != name.strip()]:
        raise ValueError(f"a name is printable text without spaces around it, found {wrong[0]!r}")
    if len(set(names)) < len(names):
        raise ValueError(f"each name once, found {list(names)}")
    return names


# What labels are called, in files and in reports, in the order 0, 1, …
Names = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    BeforeValidator(_quoted),
    AfterValidator(_distinct),
]


class Classes(Settings):
    """Labels 0 .. count - 1; names alone say how many there are."""

    kind: Literal["classes"]
    count: Annotated[int, Field(ge=2)]
    names: Names | None = None

    @property
    def width(self) -> int:
        """Numbers that a head puts out for one example."""
        return self.count

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest label."""
        return 0.0, float(self.count - 1)

    @model_validator(mode="before")
    @classmethod
    def _counted(cls, row: Any) -> Any:
        names = row.get("names") if isinstance(row, dict) else None
        return {"count": len(names), **row} if isinstance(names, tuple) else row

    @model_validator(mode="after")
    def _agree(self) -> "Classes":
        if self.names is not None and len(self.names) != self.count:
            raise ValueError(f"count is {self.count}, but there are {len(self.names)} names")
        return self


class Binary(Settings):
    """Labels 0 and 1."""

    kind: Literal["binary"]
    names: Annotated[Names, Field(min_length=2, max_length=2)] | None = None
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


def classes(labels: Labels) -> tuple[str, ...]:
    """What the whole labels from the lowest to the highest are called (of a range, halves up)."""
    if not isinstance(labels, Similarity) and labels.names is not None:
        return labels.names
    low, high = (floor(bound + 0.5) for bound in labels.bounds)
    return tuple(map(str, range(low, high + 1)))


def unnamed(labels: Labels) -> Labels:
    """The labels as training sees them: what they are called is for people."""
    if isinstance(labels, Similarity):
        return labels
    return labels.model_copy(update={"names": None})
