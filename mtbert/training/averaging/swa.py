"""Stochastic weight averaging: the plain mean of some late weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mtbert.training.averaging.averaging import Averaging, RunningAverage

if TYPE_CHECKING:
    from torch import nn


class SWA(Averaging):
    """θ̄ = the mean of n samples of the weights, as θ̄ ← θ̄ + (θ - θ̄) / n (Izmailov et al. 2018).

    Samples are taken once the share `start` of the run's updates is done: at the end of every
    epoch, or every so many updates, counted back from the last one. So the run's last weights are
    always a sample, and there is one whatever the knobs say; of a single one θ̄ is these weights.
    Until the first sample there is no average, and evaluation sees the weights as they are.

    The learning rate stays with `train.schedule`. The paper holds it constant or cycles it while
    it samples, so that samples differ; with `schedule: constant` that is what runs, with the
    others the last samples lie close together.
    """

    start: Annotated[float, Field(ge=0, lt=1)] = 0.75  # share of the run
    every: Annotated[int, Field(gt=0)] | None = None  # updates; epochs if None

    def samples(self, step: int, total: int, *, epoch_ends: bool) -> bool:
        """Say whether an update's weights are a sample."""
        # A quotient is the float that a share written in decimals is read as; a product may not be.
        late = step / total >= self.start
        due = epoch_ends or step == total if self.every is None else not (total - step) % self.every
        return late and due

    def begin(self, parameters: Mapping[str, nn.Parameter]) -> MeanOfSamples:
        """Start without a sample."""
        return MeanOfSamples(self, parameters)


class MeanOfSamples(RunningAverage):
    """The samples' running mean."""

    def __init__(self, method: SWA, parameters: Mapping[str, nn.Parameter]) -> None:
        super().__init__(parameters)
        self.method = method
        self.count = 0  # samples so far

    def follow(self, step: int, total: int, *, epoch_ends: bool) -> None:
        """Take a sample, if it is time."""
        from torch.optim.swa_utils import get_swa_multi_avg_fn

        if not self.method.samples(step, total, epoch_ends=epoch_ends):
            return
        if self.count:
            add = get_swa_multi_avg_fn()  # type: ignore[no-untyped-call]
            add(*self.lists(), self.count)
        else:
            self.take()
        self.count += 1

    def state_dict(self) -> dict[str, Any]:
        """Give the number of samples as well."""
        return {**super().state_dict(), "count": self.count}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a state."""
        super().load_state_dict(state)
        self.count = state["count"]
