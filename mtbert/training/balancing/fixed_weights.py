"""Weights that never change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from mtbert.core.errors import InputError, choices
from mtbert.training.balancing.scalarizer import LossWeighting


class SumOfLosses(LossWeighting):
    """w_t = 1 (wang's "total loss")."""

    def task_weights(self, tasks: Sequence[str], **_: Any) -> Mapping[str, float]:
        """Give 1 for each task."""
        return dict.fromkeys(tasks, 1.0)


class MeanOfLosses(LossWeighting):
    """w_t = 1/T, T the tasks of the step; the heads' gradients shrink with it."""

    def task_weights(self, tasks: Sequence[str], **_: Any) -> Mapping[str, float]:
        """Give 1/T for each task."""
        return dict.fromkeys(tasks, 1 / len(tasks))


class GivenWeights(LossWeighting):
    """w_t as given, 1 for a task that is not named (fu-chan's larger weight on STS)."""

    weights: Annotated[dict[str, Annotated[float, Field(ge=0)]], Field(min_length=1)]

    def check(self, tasks: Sequence[str]) -> None:
        """Refuse a weight of no task, with the nearest name."""
        for task in self.weights:
            if task not in tasks:
                raise InputError(f"weights: {choices('task', task, tasks)}")

    def task_weights(self, tasks: Sequence[str], **_: Any) -> Mapping[str, float]:
        """Give each task's own."""
        return {task: self.weights.get(task, 1.0) for task in tasks}
