"""The order in which a task's examples are drawn, and which of them are drawn at all."""

import zlib
from collections.abc import Iterator
from itertools import count
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from mtbert.core.errors import InputError
from mtbert.core.params import Settings


def stream(seed: int, purpose: str, *numbers: int) -> np.random.Generator:
    """Seed a generator for one purpose, independent of what other purposes draw.

    The purpose is hashed: another word for it gives other numbers, so the words stay as they were.

    Args:
        seed: Seed of the run.
        purpose: What it is for. A task's bare name stands for the order of its examples.
        numbers: Which one of many: the epoch, the pass, …
    """
    return np.random.default_rng([seed, zlib.crc32(purpose.encode()), *numbers])


class Subset(Settings):
    """Draw from `count` examples of a task's train split only, chosen with the seed.

    wu draws "1000 samples from each dataset to create balanced subsets for training": chosen once,
    as we read it; `redraw: epoch` chooses others in each epoch. A smaller subset lies within a
    larger one. In a settings field a bare number n is short for `{count: n}`.
    """

    count: Annotated[int, Field(gt=0)]
    redraw: Literal["never", "epoch"] = "never"

    @model_validator(mode="before")
    @classmethod
    def _bare_number(cls, spec: Any) -> Any:
        return {"count": spec} if isinstance(spec, int) and not isinstance(spec, bool) else spec

    def check(self, size: int) -> None:
        """Refuse a count above the number of examples.

        Raises:
            InputError: with both numbers.
        """
        if self.count > size:
            raise InputError(
                f"count: at most the {size} train examples there are, found {self.count}"
            )

    def rows(self, size: int, *, seed: int, task: str, epoch: int) -> np.ndarray:
        """Give the rows of an epoch's examples, (count,) int64, ascending."""
        redrawn = epoch if self.redraw == "epoch" else 0
        order = stream(seed, f"subset of {task}", redrawn).permutation(size)
        return np.sort(order[: self.count])


def draw(
    size: int,
    batch_size: int,
    *,
    seed: int,
    task: str,
    epoch: int,
    balanced: np.ndarray | None = None,
    subset: Subset | None = None,
) -> Iterator[np.ndarray]:
    """Draw batches of one task without end: shuffled passes without replacement.

    The order depends on seed, task and epoch alone. The last batch of a pass may be smaller.

    Args:
        size: Examples of the task.
        batch_size: Examples in a batch.
        seed: Seed of the run.
        task: Name of the task.
        epoch: Number of the epoch.
        balanced: Labels (example,) to resample by: draw with replacement, every class that occurs
            with the same probability, and its examples likewise; a pass keeps its length.
        subset: Which examples are drawn from; None: all.

    Yields:
        Rows of the examples, (example,) int64.
    """
    rows = np.arange(size)
    if subset is not None:
        rows = subset.rows(size, seed=seed, task=task, epoch=epoch)
    if balanced is not None:
        _, classes, counts = np.unique(balanced[rows], return_inverse=True, return_counts=True)
        probabilities = 1 / (len(counts) * counts[classes])  # (example,)
    for number in count():
        generator = stream(seed, task, epoch, number)
        if balanced is None:
            order = rows[generator.permutation(len(rows))]
        else:
            order = rows[generator.choice(len(rows), len(rows), p=probabilities)]
        for start in range(0, len(rows), batch_size):
            yield order[start : start + batch_size]
