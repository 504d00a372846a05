"""The kinds of labels that a task may have, their names, and their main metrics."""

import json
from functools import lru_cache
from itertools import pairwise
from math import floor
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from mtbert.core.params import Settings

MOST_WHOLE, BINS = 20, 10  # whole labels of a range that count as classes; if more, parts of it
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


def in_bins(labels: Labels) -> bool:
    """Whether labels are a range that is too wide for a class of each whole label."""
    low, high = labels.bounds
    return isinstance(labels, Similarity) and high - low > MOST_WHOLE


@lru_cache(maxsize=64)
def classes(labels: Labels) -> tuple[str, ...]:
    """Names of the whole labels from the lowest to the highest (of a range, halves up).

    A range of more than 20 has ten equal parts instead.
    """
    if labels.names is not None:
        return labels.names
    if in_bins(labels):
        start, width = labels.bounds[0], (labels.bounds[1] - labels.bounds[0]) / BINS
        edges = [f"{start + place * width:g}" for place in range(BINS + 1)]
        return tuple(map(" to ".join, pairwise(edges)))
    low, high = (floor(bound + 0.5) for bound in labels.bounds)
    return tuple(map(str, range(low, high + 1)))
