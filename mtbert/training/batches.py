"""The order in which a task's examples are drawn."""

import zlib
from collections.abc import Iterator
from itertools import count

import numpy as np


def draw(size: int, batch_size: int, *, seed: int, task: str, epoch: int) -> Iterator[np.ndarray]:
    """Draw batches of one task without end: shuffled passes without replacement.

    The order depends on seed, task and epoch alone, not on the other tasks or on what was drawn
    before. The last batch of a pass may be smaller.

    Args:
        size: Examples of the task.
        batch_size: Examples in a batch.
        seed: Seed of the run.
        task: Name of the task.
        epoch: Number of the epoch.

    Yields:
        Rows of the examples, (example,) int64.
    """
    for lap in count():
        generator = np.random.default_rng([seed, zlib.crc32(task.encode()), epoch, lap])
        order = generator.permutation(size)
        for start in range(0, size, batch_size):
            yield order[start : start + batch_size]
