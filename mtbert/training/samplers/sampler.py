"""Base class of the samplers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from mtbert.core.params import Settings

Step = tuple[str, ...]


@dataclass(frozen=True)
class EpochSize:
    """What an epoch draws from: examples of each task, and how many of them a batch has."""

    sizes: Mapping[str, int]
    batch_size: Mapping[str, int]


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

    def shortened(
        self, share: float, *, of_data: float, printed: EpochSize, cut: EpochSize, epochs: int
    ) -> Self:
        """Cut this sampler down with an epoch: by default, options named steps… shrink by `share`.

        Where the number of steps follows from the tasks' batches, nothing has to be done.

        Args:
            share: Examples of an epoch now, as a share of those of a printed epoch.
            of_data: The same, as a share of all data.
            printed: All data, and the printed batches.
            cut: What an epoch has now; its tasks are those that are trained.
            epochs: Epochs of the whole run.
        """
        steps = {
            name: max(1, round(getattr(self, name) * share))
            for name in type(self).model_fields
            if name.startswith("steps") and getattr(self, name) is not None
        }
        return self.model_copy(update=steps)
