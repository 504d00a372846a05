"""Base class of the averagings, and the average of one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mtbert.core.params import Settings

if TYPE_CHECKING:
    from torch import Tensor, nn


class Averaging(Settings):
    """A way to average the weights of a run; its fields are the options."""

    def begin(self, parameters: Mapping[str, nn.Parameter]) -> WeightAverage:
        """Start a run: the parameters are all of the model's, before the first update."""
        return WeightAverage(self, parameters)

    def follow(self, average: WeightAverage, step: int, total: int, *, epoch_ends: bool) -> None:
        """Take update `step`, from 1, of `total` into account; by default nothing is averaged."""

    def idle(self, total: int, epoch: int) -> str:
        """Why a method averages nothing in a run of `total` updates, `epoch` in an epoch, or ''."""
        return ""


class NoAveraging(Averaging):
    """No average: evaluation sees the weights of the last update."""


class WeightAverage:
    """An average kept beside the parameters, in their own precision (fp32, as all weights).

    Frozen parameters have none.
    """

    def __init__(self, method: Averaging, parameters: Mapping[str, nn.Parameter]) -> None:
        self.method = method
        self._parameters = {name: p for name, p in parameters.items() if p.requires_grad}
        self.weights: dict[str, Tensor] = {}  # empty as long as there is no average
        self.samples = 0  # weights in the average, where it is a mean

    def follow(self, step: int, total: int, *, epoch_ends: bool) -> None:
        """Take an update into account, as the method does."""
        self.method.follow(self, step, total, epoch_ends=epoch_ends)

    def copy_weights(self) -> None:
        """Set the average to the current weights."""
        self.weights = {name: p.detach().clone() for name, p in self._parameters.items()}

    def lists(self) -> tuple[list[Tensor], list[Tensor]]:
        """The average and the weights, in one order, as torch's averaging functions want them."""
        return list(self.weights.values()), [self._parameters[name] for name in self.weights]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Put the average, if there is one, into the parameters during the context.

        The trained tensors are swapped out, not copied.
        """
        trained = {name: self._parameters[name].data for name in self.weights}
        try:
            for name, average in self.weights.items():
                self._parameters[name].data = average
            yield
        finally:
            for name, value in trained.items():
                self._parameters[name].data = value

    def state_dict(self) -> dict[str, Any]:
        """Give what a resumed run needs: the average's own tensors, not copies."""
        return {"weights": dict(self.weights), "samples": self.samples}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load copies of what `state_dict` gave."""
        self.samples = state["samples"]
        self.weights = {
            name: average.detach().to(self._parameters[name], copy=True)
            for name, average in state["weights"].items()
        }
