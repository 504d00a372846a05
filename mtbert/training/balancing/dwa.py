"""Dynamic weight average: more weight where the loss falls more slowly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from mtbert.training.balancing.balancing import Balancing, Setup
from mtbert.training.balancing.scalarizer import Scalarizer

if TYPE_CHECKING:
    from torch import Tensor


class DWA(Balancing):
    """w_t = T softmax_t(r_t / temperature), r_t = L_t(k-1) / L_t(k-2), L(k) the mean of window k.

    Liu et al. (2019), section 3.2: a window is an epoch and the temperature 2; r_t = 1 in the first
    two. As fine-tuning takes few epochs, `window` may name a number of steps instead. Where a loss
    was 0, or a task was not in a window, r_t = 1.
    """

    temperature: Annotated[float, Field(gt=0)] = 2.0
    window: Annotated[int, Field(gt=0)] | None = None  # steps; an epoch if None

    def begin(self, setup: Setup) -> DWAScalarizer:
        """Start a run."""
        return DWAScalarizer(self, setup)


class DWAScalarizer(Scalarizer):
    """Keeps the mean losses of the last two windows."""

    state = ("steps", "sums", "counts", "last", "before")

    def __init__(self, method: DWA, setup: Setup) -> None:
        super().__init__(method, setup)
        self.steps = 0  # of this window
        self.sums: dict[str, float] = {}
        self.counts: dict[str, int] = {}
        self.last: dict[str, float] = {}  # mean losses of the last window
        self.before: dict[str, float] = {}  # and of the window before

    def weights(self, tasks: Sequence[str]) -> Mapping[str, float]:
        """Give w_t, which sum to T over the tasks of the run."""
        ratios = np.array([self._ratio(task) for task in self.setup.tasks])
        powers = np.exp((ratios - ratios.max()) / self.method.temperature)
        values = len(powers) * powers / powers.sum()
        by_task = dict(zip(self.setup.tasks, values.tolist(), strict=True))
        return {task: by_task[task] for task in tasks}

    def _ratio(self, task: str) -> float:
        last, before = self.last.get(task), self.before.get(task)
        return last / before if last is not None and before else 1.0

    def observe(self, losses: Mapping[str, Tensor]) -> None:
        """Add the step's losses to the window."""
        for task, loss in losses.items():
            self.sums[task] = self.sums.get(task, 0.0) + float(loss)
            self.counts[task] = self.counts.get(task, 0) + 1
        self.steps += 1
        if self.steps == self.method.window:
            self._end_window()

    def end_epoch(self) -> None:
        """End the window, if it is an epoch."""
        if self.method.window is None:
            self._end_window()

    def _end_window(self) -> None:
        means = {task: total / self.counts[task] for task, total in self.sums.items()}
        self.before, self.last = self.last, means
        self.steps, self.sums, self.counts = 0, {}, {}
