"""Balancings that combine the tasks' gradients of the shared parameters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from mtbert.core.errors import InputError
from mtbert.training.balancing.balancing import Balancer, Balancing, Outcome, Setup

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.balancing.balancing import Losses
    from mtbert.training.balancing.gradients import Gradient


class Aggregation(Balancing):
    """Makes one gradient Σ_t w_t g_t of the tasks' gradients, w a function of their Gramian.

    The weights come from TorchJD's weightings, so that they are what others use.
    """

    needs_several: ClassVar[bool] = True
    combines: ClassVar[bool] = True


class Memoryless(Aggregation):
    """An aggregation to which every step is new."""

    @abstractmethod
    def weights(self, gramian: Tensor) -> Tensor:
        """Give w, (task,).

        Args:
            gramian: G = J Jᵀ, (task, task) float32, not all 0. Random numbers may be drawn from
                torch's global generator: it is the run's own while this runs.
        """

    def begin(self, setup: Setup) -> Aggregator:
        """Start a run.

        Raises:
            InputError: no shared parameter is trained.
        """
        return Forgetful(self, setup)


class Aggregator(Balancer):
    """An aggregation at work."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        if not setup.shared:
            raise InputError(
                "balancing: it combines the tasks' gradients of the encoder, and no parameter of "
                "the encoder is trained; choose a balancing of losses, such as sum"
            )

    @abstractmethod
    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Give the weight of each task of the step, (task,)."""

    def backward(self, losses: Losses, tasks: Sequence[str], *, apart: bool = False) -> Outcome:
        """Send the tasks back one after the other, then combine; it takes them apart anyway.

        All other parameters have the sum of the plain gradients of the tasks that reach them.
        """
        from mtbert.training.balancing.gradients import combine, give, gramian, take

        found: dict[str, Tensor] = {}
        gradients: list[Gradient] = []
        for task in tasks:
            loss = losses([task])[task]
            if loss.requires_grad:  # not where nothing of the task is trained
                loss.backward()  # type: ignore[no-untyped-call]
            found[task] = loss.detach()
            gradients.append(take(self.setup.shared))
        product = gramian(gradients)
        weights = [1.0] * len(tasks)
        # One gradient is the update; and what is no number stays so, for the loop to see.
        if len(tasks) > 1 and product.isfinite().all() and product.any():
            # In fp32, as TorchJD's own: its thresholds of rank expect that precision.
            with self._own_numbers():
                weights = self.weigh(product.float(), tasks).tolist()
        give(self.setup.shared, combine(gradients, weights))
        return Outcome(found, dict(zip(tasks, weights, strict=True)), product)

    @contextmanager
    def _own_numbers(self) -> Iterator[None]:
        """Let torch's global generator give the numbers of the run's own."""
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self.generator.get_state())
            yield
            self.generator.set_state(torch.get_rng_state())


class Forgetful(Aggregator):
    """A memoryless aggregation at work: of its state, only the generator's changes."""

    def __init__(self, method: Memoryless, setup: Setup) -> None:
        super().__init__(setup)
        self.method = method

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Give the method's weights."""
        return self.method.weights(gramian)


def unit(gramian: Tensor) -> Tensor:
    """Scale a Gramian to trace 1, for methods whose weights do not depend on its scale.

    TorchJD takes small gradients, which fine-tuning meets, for zero (CAGrad, UPGrad: a trace below
    1e-4, GradVac: a product of norms near 1e-8): CAGrad would stop, UPGrad become the mean and
    GradVac the sum.
    """
    trace = gramian.trace()
    return gramian / trace if trace > 0 else gramian
