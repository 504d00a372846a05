"""Base class of the samplers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from mtbert.core.params import Settings

Step = tuple[str, ...]


class Sampler(Settings, ABC):
    """Gives the tasks of every step of an epoch.

    An epoch's steps depend on the arguments alone, not on earlier epochs, so that a resumed run
    continues exactly. All epochs have the same number of steps, so that the length of a run is
    known before it starts.
    """

    # Whether each step has a single task; a balancing that compares tasks needs several.
    one_task: ClassVar[bool] = True

    def check(self, tasks: Sequence[str]) -> None:
        """Raise InputError where an option does not fit the trained tasks of a strategy."""

    @abstractmethod
    def epoch_steps(
        self,
        *,
        epoch: int,
        epochs: int,
        sizes: Mapping[str, int],
        batches: Mapping[str, int],
        generator: np.random.Generator,
    ) -> list[Step]:
        """Give the tasks of each step of an epoch; an implementation names only what it uses.

        A task drawn more often than it has batches starts over in a new order.

        Args:
            epoch: Number of the epoch, from 1.
            epochs: Epochs of the whole run.
            sizes: Examples of each task that are drawn from, in the order of the tasks.
            batches: Batches in one pass over each task.
            generator: Seeded for this epoch.
        """
