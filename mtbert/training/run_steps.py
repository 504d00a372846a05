"""Which tasks each step of a run trains on, and how many steps the run has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mtbert.training.batches import stream
from mtbert.training.samplers.sampler import Sampler, Step


class RunLength(NamedTuple):
    """How long a run is."""

    steps_per_epoch: int  # the last epoch may be cut
    steps: int  # of the run
    sampler_epochs: int  # what the sampler is given as the number of epochs

    @property
    def started(self) -> int:
        """Epochs of which the run makes any step."""
        return -(-self.steps // self.steps_per_epoch)


@dataclass(frozen=True)
class RunSteps:
    """The steps of a run; they depend on nothing that happens in it."""

    sampler: Sampler
    sizes: Mapping[str, int]  # examples of each task
    batch_size: Mapping[str, int]
    seed: int

    def epoch(self, epoch: int, *, epochs: int) -> list[Step]:
        """Give the tasks of each step of an epoch, from 1, of a run of so many."""
        batches = {task: -(-size // self.batch_size[task]) for task, size in self.sizes.items()}
        # Rewording the purpose would change the steps.
        generator = stream(self.seed, "tasks of the steps", epoch)
        return self.sampler.epoch_steps(
            epoch=epoch, epochs=epochs, sizes=self.sizes, batches=batches, generator=generator
        )

    def length(
        self, *, epochs: int, steps: int | None = None, examples_seen: int | None = None
    ) -> RunLength:
        """Give the length of a run of `epochs`, or of so many `steps`, or `examples_seen` instead.

        With `examples_seen` the run ends with the first step that reaches this number: of all
        samplers, runs are then equally long within one step.
        """
        length = len(self.epoch(1, epochs=1))
        if examples_seen is None:
            total = steps or epochs * length
            return RunLength(length, total, -(-total // length))
        # The sampler's rates may follow from the number of epochs: find the one that is needed.
        short, epochs = 0, 1
        while True:
            seen = self.examples(epochs)
            if seen[-1] < examples_seen:
                short = max(short, epochs)
                epochs = max(epochs + 1, int(epochs * examples_seen / seen[-1]))
                continue
            result = RunLength(length, int(np.searchsorted(seen, examples_seen)) + 1, epochs)
            if epochs <= max(result.started, short + 1):
                return result
            epochs = max(result.started, short + 1)

    def examples(self, epochs: int) -> np.ndarray:
        """Examples of all tasks that a run of so many epochs has seen after each step, (step,)."""
        return np.cumsum([sum(drawn.values()) for drawn in self.drawn(epochs)])

    def drawn(self, epochs: int) -> Iterator[dict[str, int]]:
        """Give the examples of each task in each step of a run of so many epochs."""
        for epoch in range(1, epochs + 1):
            seen = dict.fromkeys(self.sizes, 0)  # of the pass over each task
            for tasks in self.epoch(epoch, epochs=epochs):
                # The last batch of a pass may be smaller.
                drawn = {t: min(self.batch_size[t], self.sizes[t] - seen[t]) for t in tasks}
                seen |= {task: (seen[task] + n) % self.sizes[task] for task, n in drawn.items()}
                yield drawn
