"""What all samplers have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from mtbert.core.params import Settings

Step = tuple[str, ...]


class Sampler(Settings, ABC):
    """Gives the tasks of every step of an epoch.

    An epoch depends on what it is given alone, not on epochs before it, so that a resumed run goes
    on as it would have; and all epochs have equally many steps, whatever their number, so that the
    number of epochs that make a given number of steps is known beforehand.
    """

    one_task: ClassVar[bool] = True  # whether each step has a single task

    @abstractmethod
    def epoch(
        self,
        *,
        epoch: int,
        epochs: int,
        sizes: Mapping[str, int],
        batches: Mapping[str, int],
        generator: np.random.Generator,
    ) -> list[Step]:
        """Give the tasks of each step; a sampler names the arguments that it needs.

        A task that is drawn more often than it has batches starts again in a new order.

        Args:
            epoch: Number of the epoch, from 1.
            epochs: Epochs of the whole run.
            sizes: Examples of each task that take part, in the order of the tasks.
            batches: Batches in one pass over each task.
            generator: Seeded for this epoch alone.
        """
