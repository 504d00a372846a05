"""Aggregators: balancings that combine the tasks' gradients of the shared parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from mtbert.training.balancing.balancing import BackwardResult, Balancer, Balancing, Setup
from mtbert.training.balancing.gradients import combine, gramian_of

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.balancing.balancing import LossFunction


class Aggregation(Balancing):
    """Makes one gradient Σ_t w_t g_t of the tasks' gradients, w a function of their Gramian.

    The weights are those of TorchJD's weightings, so that they are what others use; Nash-MTL's are
    solved here.
    """

    needs_several: ClassVar[bool] = True
    combines: ClassVar[bool] = True

    def weights(self, gramian: Tensor) -> Tensor:
        """Give w, (task,), of a method without state; G = J Jᵀ, (task, task) float64, is not all 0.

        Random numbers may be drawn from torch's global generator, which is the run's own here.
        """
        raise NotImplementedError

    def begin(self, setup: Setup) -> Aggregator:
        """Start a run."""
        return Aggregator(self, setup)


class Aggregator(Balancer):
    """An aggregation in one run; without state beyond the random generator's."""

    method: Aggregation

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Give the weight of each task of the step, (task,)."""
        return self.method.weights(gramian)

    def backward(
        self, losses: LossFunction, tasks: Sequence[str], *, per_task_gradients: bool = False
    ) -> BackwardResult:
        """Compute the per-task gradients, in any case, and combine those of shared parameters."""
        import torch

        values, gradients = self.task_gradients(losses, tasks, lambda _, loss: loss)
        gramian = gramian_of(gradients)
        weights = [1.0] * len(tasks)
        # A single gradient is the update; NaN and inf stay, for the loop to see.
        if len(tasks) > 1 and gramian.isfinite().all() and gramian.any():
            with torch.random.fork_rng(devices=[]):
                # torch's global generator continues the balancing's own stream.
                torch.set_rng_state(self.generator.get_state())
                weights = self.weigh(gramian, tasks).tolist()
                self.generator.set_state(torch.get_rng_state())
        combine(self.setup.shared, gradients, weights)
        return BackwardResult(values, dict(zip(tasks, weights, strict=True)), gramian)


def unit_trace(gramian: Tensor) -> Tensor:
    """Scale a Gramian to trace 1, for methods whose weights do not depend on its scale.

    TorchJD takes small gradients, which fine-tuning meets, for zero (CAGrad, UPGrad: a trace below
    1e-4, GradVac: a product of norms near 1e-8): CAGrad would stop, UPGrad become the mean and
    GradVac the sum.
    """
    trace = gramian.trace()
    return gramian / trace if trace > 0 else gramian


def unit_lengths(gramian: Tensor) -> tuple[Tensor, Tensor]:
    """Give the Gramian of the gradients at length 1, their cosines, and their inverse norms.

    Of a gradient of 0 both are 0.
    """
    norms = gramian.diagonal().sqrt()
    inverse = (1 / norms).where(norms > 0, 0.0)
    return gramian * inverse * inverse[:, None], inverse
