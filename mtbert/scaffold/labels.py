"""Guess the kind of a task's labels, and a metric for them."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from mtbert.core.errors import InputError
from mtbert.scaffold.columns import plain

MOST_CLASSES = 1000
MOST_NUMBERS = 20  # distinct whole numbers that are classes; more are a range
RANGES = ("similarity", "score", "relatedness")  # names of columns whose numbers are a range
RARE = 0.5  # of its equal share, below which a class is rare


def guess_labels(values: Sequence[str], name: str, *, where: str) -> dict[str, Any]:
    """Give section `labels` of a task for the labels in column `name`.

    Raises:
        InputError: labels are all the same, or too many; `where` opens the message.
    """
    where = f"{where}: column {name!r}"
    distinct = sorted({*values})
    numbers = _numbers(distinct)
    if len(numbers or distinct) == 1:
        raise InputError(f"{where}: expected at least two labels, found {distinct[0]!r} alone")
    if numbers == [0.0, 1.0]:
        return {"kind": "binary"}
    if numbers is not None and _is_range(numbers, name):
        return {"kind": "similarity", "low": math.floor(numbers[0]), "high": math.ceil(numbers[-1])}
    if len(distinct) > min(MOST_CLASSES, len(values) // 2):
        raise InputError(
            f"{where}: {len(distinct):,} labels in {len(values):,} rows; expected at most "
            f"{MOST_CLASSES:,} classes with two rows each on average, or numbers; if another "
            "column has the labels, rename it to label"
        )
    if numbers == [float(number) for number in range(len(numbers or ()))]:
        return {"kind": "classes", "count": len(distinct)}
    names = distinct if numbers is None else [f"{number:g}" for number in numbers]
    return {"kind": "binary" if len(names) == 2 else "classes", "names": names}


def _numbers(distinct: Sequence[str]) -> list[float] | None:
    """The labels as numbers in their order, None if one is no number."""
    try:
        numbers = sorted({float(value) for value in distinct})
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def _is_range(numbers: Sequence[float], name: str) -> bool:
    whole = all(number.is_integer() for number in numbers)
    return not whole or len(numbers) > MOST_NUMBERS or plain(name) in RANGES


def guess_metric(labels: dict[str, Any], values: Sequence[str]) -> str | None:
    """A metric that sees rare classes where there are some; None is the kind's own."""
    if labels["kind"] == "similarity":
        return None
    counts = Counter(values)
    if min(counts.values()) >= RARE * len(values) / len(counts):
        return None
    return "macro_f1" if labels["kind"] == "classes" else "matthews"
