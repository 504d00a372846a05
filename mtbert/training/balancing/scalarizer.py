"""Balancings that weigh the losses; the gradient follows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mtbert.training.balancing.balancing import Balancer, Outcome

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.balancing.balancing import Losses
    from mtbert.training.balancing.gradients import Gradient


class Scalarizer(Balancer):
    """Minimizes Σ_t (w_t L_t + c_t); a method gives w_t before it sees the losses."""

    @abstractmethod
    def weights(self, tasks: Sequence[str]) -> Mapping[str, float | Tensor]:
        """Give the weight of each task in this step."""

    def penalty(self, task: str) -> float | Tensor:
        """Give c_t, what a weight costs."""
        return 0.0

    def learn(self, losses: Mapping[str, Tensor]) -> None:
        """Note the step's losses."""

    def backward(self, losses: Losses, tasks: Sequence[str], *, apart: bool = False) -> Outcome:
        """Send the weighted losses back, in one pass or one after the other."""
        weights = self.weights(tasks)
        told = {task: number(weight) for task, weight in weights.items()}
        if apart and len(tasks) > 1 and self.setup.shared:
            found, product = self._one_by_one(losses, weights)
            product = unweighted(product, list(told.values()))
        else:
            found, product = losses(tasks), None
            self._send(found, weights)
        detached = {task: loss.detach() for task, loss in found.items()}
        self.learn(detached)
        return Outcome(detached, told, product)

    def _send(self, found: Mapping[str, Tensor], weights: Mapping[str, float | Tensor]) -> None:
        terms = [weights[task] * loss + self.penalty(task) for task, loss in found.items()]
        total = sum(terms[1:], terms[0])
        if total.requires_grad:  # not where the step's tasks have nothing that is trained
            total.backward()  # type: ignore[no-untyped-call]

    def _one_by_one(
        self, losses: Losses, weights: Mapping[str, float | Tensor]
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Take the tasks apart; give their losses and the Gramian of the weighted gradients."""
        from mtbert.training.balancing.gradients import combine, give, gramian, take

        found: dict[str, Tensor] = {}
        gradients: list[Gradient] = []
        for task in weights:
            one = losses([task])
            self._send(one, weights)
            found[task] = one[task].detach()
            gradients.append(take(self.setup.shared))
        product = gramian(gradients)
        give(self.setup.shared, combine(gradients, [1.0] * len(gradients)))
        return found, product


def number(weight: float | Tensor) -> float:
    """Read a weight through which nothing shall learn."""
    return float(weight if isinstance(weight, float) else weight.detach())


def unweighted(product: Tensor, weights: Sequence[float]) -> Tensor:
    """Take the weights out of a Gramian of weighted gradients, (task, task).

    A weight of 0 leaves nothing to tell: the task's products are then 0.
    """
    scale = product.new_tensor(weights)
    square = scale.outer(scale)
    return (product / square).where(square > 0, 0.0)
