"""Weights that never change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from mtbert.core.errors import InputError, choices
from mtbert.training.balancing.balancing import Balancing, Setup
from mtbert.training.balancing.scalarizer import Scalarizer


class Fixed(Balancing):
    """w_t depends on the task and on the number of tasks in the step alone."""

    def weight(self, task: str, count: int) -> float:
        """Give w_t, by default 1.

        Args:
            task: Name of the task.
            count: Tasks in the step.
        """
        return 1.0

    def begin(self, setup: Setup) -> Scalarizer:
        """Start a run."""
        return FixedWeights(self, setup)


class FixedWeights(Scalarizer):
    """Fixed weights at work; it has no state."""

    def __init__(self, method: Fixed, setup: Setup) -> None:
        super().__init__(setup)
        self.method = method

    def weights(self, tasks: Sequence[str]) -> Mapping[str, float]:
        """Give the weight of each task."""
        return {task: self.method.weight(task, len(tasks)) for task in tasks}


class Sum(Fixed):
    """w_t = 1 (wang's "total loss")."""


class Mean(Fixed):
    """w_t = 1/T, T the tasks of the step; the heads' gradients shrink with it."""

    def weight(self, task: str, count: int) -> float:
        """Give 1/T."""
        return 1 / count


class Weights(Fixed):
    """w_t as given, 1 for a task that is not named (fu-chan's larger weight on STS)."""

    weights: Annotated[dict[str, Annotated[float, Field(ge=0)]], Field(min_length=1)]

    def check(self, tasks: Sequence[str]) -> None:
        """Refuse a weight of no task.

        Raises:
            InputError: with the nearest name.
        """
        for task in self.weights:
            if task not in tasks:
                raise InputError(f"weights: {choices('task', task, tasks)}")

    def weight(self, task: str, count: int) -> float:
        """Give the task's own."""
        return self.weights.get(task, 1.0)
