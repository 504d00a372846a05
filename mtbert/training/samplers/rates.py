"""Every step draws one task, at a rate that follows from the tasks' sizes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import Field

from mtbert.training.samplers.sampler import Sampler, Step


@dataclass(frozen=True)
class EpochSize:
    """What an epoch draws from: examples of each task, and how many of them a batch has."""

    sizes: Mapping[str, int]
    batch_size: Mapping[str, int]


class Rates(Sampler):
    """Draws task i with probability p_i ∝ N_i^α, N_i its examples, for each step anew.

    Stickland & Murray (2019). Departure from their code: every epoch starts each task in a new
    order, not where the last epoch stopped, so that a resumed run depends on no earlier epoch.
    """

    # None: as many as one pass over every task has.
    steps_per_epoch: Annotated[int, Field(gt=0)] | None = None

    alpha: ClassVar[float]

    def exponent(self, *, epoch: int, epochs: int) -> float:
        """Give α in an epoch, from 1 to `epochs`."""
        return self.alpha

    def rates(self, sizes: Mapping[str, int], *, epoch: int, epochs: int) -> dict[str, float]:
        """Give each task's probability p_i in an epoch of all `epochs`; they sum to 1."""
        counts = np.array(list(sizes.values()), dtype=float)
        # Relative to the largest, so that no power overflows.
        powers = (counts / counts.max()) ** self.exponent(epoch=epoch, epochs=epochs)
        return dict(zip(sizes, (powers / powers.sum()).tolist(), strict=True))

    def epoch_steps(
        self,
        *,
        epoch: int,
        epochs: int,
        sizes: Mapping[str, int],
        batches: Mapping[str, int],
        generator: np.random.Generator,
    ) -> list[Step]:
        """Draw the task of each step."""
        rates = self.rates(sizes, epoch=epoch, epochs=epochs)
        steps: list[Step] = [(task,) for task in rates]
        count = self.steps_per_epoch or sum(batches.values())
        return [steps[i] for i in generator.choice(len(steps), count, p=list(rates.values()))]

    def shortened(self, share: float, *, printed: EpochSize, cut: EpochSize, epochs: int) -> Self:
        """Let an epoch's steps go over `share` of the part of the data that they go over now.

        Args:
            share: Of that part.
            printed: All data, and the printed batches.
            cut: What there is now.
            epochs: Epochs of the whole run.
        """
        if self.steps_per_epoch is None:
            return self
        part = self.steps_per_epoch * self._in_a_step(printed, epochs) / sum(printed.sizes.values())
        steps = part * share * sum(cut.sizes.values()) / self._in_a_step(cut, epochs)
        return self.model_copy(update={"steps_per_epoch": max(1, round(steps))})

    def _in_a_step(self, size: EpochSize, epochs: int) -> float:
        """Examples that a step draws, on average over a run."""
        rates = [self.rates(size.sizes, epoch=i, epochs=epochs) for i in range(1, epochs + 1)]
        return sum(own[task] * size.batch_size[task] for own in rates for task in own) / epochs


class Proportional(Rates):
    """α = 1: a task is drawn as often as its share of all examples."""

    alpha: ClassVar[float] = 1.0


class Sqrt(Rates):
    """α = 0.5, between proportional and uniform."""

    alpha: ClassVar[float] = 0.5


class Uniform(Rates):
    """α = 0: all tasks equally often."""

    alpha: ClassVar[float] = 0.0


class Temperature(Rates):
    """α = 1/T: T = 1 is proportional, 2 is sqrt, and T → ∞ uniform.

    Arivazhagan et al. (2019), for the languages of a multilingual translation model; T = 5 is
    their default.
    """

    temperature: Annotated[float, Field(gt=0)] = 5.0

    def exponent(self, **_: Any) -> float:
        """Give 1/T."""
        return 1 / self.temperature


class Annealed(Rates):
    """α_e = 1 - fall · (e - 1)/(E - 1), e = 1..E; with a single epoch α = 1.

    From proportional rates towards uniform ones: Stickland & Murray (2019); elayattu's "anneal
    sampling". E is the run's number of epochs, also where `train.steps` sets it.
    """

    fall: Annotated[float, Field(ge=0, le=1)] = 0.8

    def exponent(self, *, epoch: int, epochs: int) -> float:
        """Give α_e."""
        return 1 - self.fall * (epoch - 1) / max(epochs - 1, 1)
