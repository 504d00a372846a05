"""Scalarizers: balancings that weigh the losses; the gradient follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mtbert.training.balancing.balancing import (
    BackwardResult,
    Balancer,
    Balancing,
    Setup,
    backpropagate,
)
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
    """Minimizes Σ_t (w_t L_t + c_t), w_t given before the losses are seen."""

    def weights(self, tasks: Sequence[str]) -> Mapping[str, float | Tensor]:
        """Give the weight of each task in this step."""
        weights: Mapping[str, float] = self.method.task_weights(tasks, generator=self.generator)
        return weights

    def penalty(self, task: str) -> float | Tensor:
        """Give c_t, the cost of a weight."""
        return 0.0

    def observe(self, losses: Mapping[str, Tensor]) -> None:
        """Note the step's losses."""

    def backward(
        self, losses: LossFunction, tasks: Sequence[str], *, per_task_gradients: bool = False
    ) -> BackwardResult:
        """Backpropagate the weighted losses, in one pass or task by task."""
        weights = self.weights(tasks)
        numbers = {t: w if isinstance(w, float) else float(w.detach()) for t, w in weights.items()}

        def term(task: str, loss: Tensor) -> Tensor:
            return weights[task] * loss + self.penalty(task)

        gramian = None
        if per_task_gradients and len(tasks) > 1 and self.setup.shared:
            values, gradients = self.task_gradients(losses, tasks, term)
            gramian = unweighted(gramian_of(gradients), list(numbers.values()))
            combine(self.setup.shared, gradients, [1.0] * len(gradients))
        else:
            joint = losses(tasks)
            terms = [term(task, loss) for task, loss in joint.items()]
            backpropagate(sum(terms[1:], terms[0]))
            values = {task: loss.detach() for task, loss in joint.items()}
        self.observe(values)
        return BackwardResult(values, numbers, gramian)


def unweighted(gramian: Tensor, weights: Sequence[float]) -> Tensor:
    """Divide the weights out of a Gramian of weighted gradients, (task, task).

    The products of a task of weight 0 are unknown, and given as 0.
    """
    scale = gramian.new_tensor(weights)
    square = scale.outer(scale)
    return (gramian / square).where(square > 0, 0.0)
