"""The kinds of labels that a task may have, their names, and their main metrics."""

import json
from math import floor
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from mtbert.core.params import Settings

# The main metric of a task that names none
MAIN_METRICS = {"classes": "accuracy", "binary": "accuracy", "similarity": "pearson"}


def _check_names(names: Any) -> Any:
    """Refuse what YAML takes for a number or a truth value: `01` would become another text."""
    for name in names if isinstance(names, tuple) else ():
        if not isinstance(name, str):
            value = json.dumps(name, default=str)
            raise ValueError(f'names are text, quote each: ["0", "1", …]; found {value} unquoted')
        if not name or not name.isprintable() or name != name.strip():
            raise ValueError(f"a name is printable text without spaces around it, found {name!r}")
        if names.count(name) > 1:
            raise ValueError(f"each name once, found {names}")
    return names


# What labels are called, in files and in reports, in the order 0, 1, …
Names = Annotated[tuple[str, ...], BeforeValidator(_check_names)]


class Classes(Settings):
    """Labels 0 .. count - 1; names alone say how many there are."""

    kind: Literal["classes"]
    count: Annotated[int, Field(ge=2)]
    names: Names | None = None

    @property
    def width(self) -> int:
        """Outputs of a head per example."""
        return self.count

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest label."""
        return 0.0, float(self.count - 1)

    @model_validator(mode="before")
    @classmethod
    def _counted(cls, row: Any) -> Any:
        names = row.get("names") if isinstance(row, dict) else None
        if not isinstance(names, tuple):
            return row
        if (count := row.get("count", len(names))) != len(names):
            raise ValueError(f"count is {count}, but there are {len(names)} names")
        return {**row, "count": len(names)}


class Binary(Settings):
    """Labels 0 and 1."""

    kind: Literal["binary"]
    names: Annotated[Names, Field(min_length=2, max_length=2)] | None = None
    width: Literal[1] = 1
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)


class Similarity(Settings):
    """Any number between `low` and `high`."""

    kind: Literal["similarity"]
    low: float
    high: float
    width: Literal[1] = 1
    names: ClassVar[None] = None

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
    """Names of the whole labels from the lowest to the highest (of a range, halves up)."""
    if labels.names is not None:
        return labels.names
    low, high = (floor(bound + 0.5) for bound in labels.bounds)
    return tuple(map(str, range(low, high + 1)))
