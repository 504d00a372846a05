"""Scalarizers: balancings that weigh the losses; the gradient follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mtbert.training.balancing.balancing import BackwardResult, Balancer, Balancing, Setup
from mtbert.training.balancing.gradients import combine, gramian_of

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from mtbert.training.balancing.balancing import LossFunction


class LossWeighting(Balancing):
    """Minimizes Σ_t w_t L_t, by default with weights that depend on no earlier step."""

    def task_weights(
        self, tasks: Sequence[str], *, generator: torch.Generator
    ) -> Mapping[str, float]:
        """Give w_t of each task of a step; random numbers come from the run's own generator."""
        raise NotImplementedError

    def begin(self, setup: Setup) -> Scalarizer:
        """Start a run."""
        return Scalarizer(self, setup)


class Scalarizer(Balancer):
    """Minimizes Σ_t w_t L_t, w_t given before the losses are seen."""

    def weights(self, tasks: Sequence[str]) -> Mapping[str, float]:
        """Give the weight of each task in this step."""
        weights: Mapping[str, float] = self.method.task_weights(tasks, generator=self.generator)
        return weights

    def term(self, task: str, loss: Tensor, weight: float) -> Tensor:
        """Give what is minimized for a task, anew for each part of a batch."""
        return weight * loss

    def observe(self, losses: Mapping[str, Tensor]) -> None:
        """Note the step's losses."""

    def backward(
        self, losses: LossFunction, tasks: Sequence[str], *, per_task_gradients: bool = False
    ) -> BackwardResult:
        """Backpropagate the weighted losses, in one pass or task by task."""
        weights = self.weights(tasks)

        def term(task: str, loss: Tensor) -> Tensor:
            return self.term(task, loss, weights[task])

        gramian = None
        if per_task_gradients and len(tasks) > 1 and self.setup.shared:
            values, gradients = self.task_gradients(losses, tasks, term)
            gramian = unweighted(gramian_of(gradients), list(weights.values()))
            combine(self.setup.shared, gradients, [1.0] * len(gradients))
        else:
            values = self.setup.backward(losses, tasks, term)
        self.observe(values)
        return BackwardResult(values, dict(weights), gramian)


def unweighted(gramian: Tensor, weights: Sequence[float]) -> Tensor:
    """Divide the weights out of a Gramian of weighted gradients, (task, task).

    The products of a task of weight 0 are unknown, and given as 0.
    """
    scale = gramian.new_tensor(weights)
    square = scale.outer(scale)
    return (gramian / square).where(square > 0, 0.0)
