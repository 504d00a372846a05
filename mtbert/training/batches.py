"""The order in which a task's examples are drawn, and which of them take part."""

import zlib
from collections.abc import Iterator
from itertools import count
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from mtbert.core.errors import InputError
from mtbert.core.params import Settings


def stream(seed: int, purpose: str, *numbers: int) -> np.random.Generator:
    """Seed a generator for one purpose: what others draw does not change what it gives.

    Args:
        seed: Seed of the run.
        purpose: What it is for. A task's bare name is taken, by the order of its examples.
        numbers: Which one of many: the epoch, the pass, …
    """
    return np.random.default_rng([seed, zlib.crc32(purpose.encode()), *numbers])


class Subset(Settings):
    """Some examples of a task: `count` of its train split, drawn with the seed.

    wu draws "1000 samples from each dataset to create balanced subsets for training": drawn once,
    as we read it; `redraw: epoch` draws others in each epoch. Of two counts, the examples of the
    smaller are among those of the larger.
    """

    count: Annotated[int, Field(gt=0)]
    redraw: Literal["never", "epoch"] = "never"

    def check(self, size: int) -> None:
        """Refuse to draw more than there are.

        Args:
            size: Examples of the task.

        Raises:
            InputError: with both numbers.
        """
        if self.count > size:
            raise InputError(
                f"count: at most the {size} train examples there are, found {self.count}"
            )

    def rows(self, size: int, *, seed: int, task: str, epoch: int) -> np.ndarray:
        """Give the rows of the examples that take part in an epoch, (count,) int64, in order."""
        fresh = epoch if self.redraw == "epoch" else 0
        order = stream(seed, f"subset of {task}", fresh).permutation(size)
        return np.sort(order[: self.count])


def _spelled(spec: Any) -> Any:
    return {"count": spec} if isinstance(spec, int) and not isinstance(spec, bool) else spec


# In a settings field: a bare number n is short for `{count: n}`.
Examples = Annotated[Subset, BeforeValidator(_spelled)]


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

    The order depends on seed, task and epoch alone, not on the other tasks or on what was drawn
    before. The last batch of a pass may be smaller.

    Args:
        size: Examples of the task.
        batch_size: Examples in a batch.
        seed: Seed of the run.
        task: Name of the task.
        epoch: Number of the epoch.
        balanced: Labels (example,), to resample by: every draw then takes each class that there is
            with the same probability, and each of its examples too, with replacement; a pass is as
            long as it was.
        subset: Which examples take part; all of them if None.

    Yields:
        Rows of the examples, (example,) int64.
    """
    rows = np.arange(size)
    if subset is not None:
        rows = subset.rows(size, seed=seed, task=task, epoch=epoch)
    shares = None if balanced is None else _shares(balanced[rows])
    for lap in count():
        generator = stream(seed, task, epoch, lap)
        if shares is None:
            order = rows[generator.permutation(len(rows))]
        else:
            order = rows[generator.choice(len(rows), len(rows), p=shares)]
        for start in range(0, len(rows), batch_size):
            yield order[start : start + batch_size]


def _shares(labels: np.ndarray) -> np.ndarray:
    """The probability of each example, (example,): 1 / (classes · examples of its class)."""
    _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    shares: np.ndarray = 1 / (len(counts) * counts[classes])
    return shares
