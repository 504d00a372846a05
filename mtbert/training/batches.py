"""The order in which a task's examples are drawn."""

import zlib
from collections.abc import Iterator
from itertools import count

import numpy as np


def draw(
    size: int,
    batch_size: int,
    *,
    seed: int,
    task: str,
    epoch: int,
    balanced: np.ndarray | None = None,
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

    Yields:
        Rows of the examples, (example,) int64.
    """
    shares = None if balanced is None else _shares(balanced)
    for lap in count():
        generator = np.random.default_rng([seed, zlib.crc32(task.encode()), epoch, lap])
        if shares is None:
            order = generator.permutation(size)
        else:
            order = generator.choice(size, size, p=shares)
        for start in range(0, size, batch_size):
            yield order[start : start + batch_size]


def _shares(labels: np.ndarray) -> np.ndarray:
    """The probability of each example, (example,): 1 / (classes · examples of its class)."""
    _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    shares: np.ndarray = 1 / (len(counts) * counts[classes])
    return shares
