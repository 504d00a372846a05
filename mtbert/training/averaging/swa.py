"""Stochastic weight averaging: the plain mean of some late weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mtbert.training.averaging.averaging import Averaging, WeightAverage

if TYPE_CHECKING:
    from torch import nn


class SWA(Averaging):
    """θ̄ = the mean of n samples of the weights, as θ̄ ← θ̄ + (θ - θ̄) / n (Izmailov et al. 2018).

    Samples are taken after the share `start` of the run's updates: at the end of every epoch, or
    every `every` updates, counted back from the last one. The last weights are always a sample, so
    there is at least one. Before the first sample evaluation sees the weights as they are.

    Departure: the learning rate follows `train.schedule`. The paper holds it constant or cycles it
    while sampling, so that samples differ; `schedule: constant` does so, with the other schedules
    the last samples lie close together.
    """

    start: Annotated[float, Field(ge=0, lt=1)] = 0.75  # share of the run
    every: Annotated[int, Field(gt=0)] | None = None  # updates; epochs if None

    def samples(self, step: int, total: int, *, epoch_ends: bool) -> bool:
        """Whether an update's weights are a sample."""
        # The quotient equals the float of a share written in decimals; a product may not.
        late = step / total >= self.start
        due = epoch_ends or step == total if self.every is None else not (total - step) % self.every
        return late and due

    def begin(self, parameters: Mapping[str, nn.Parameter]) -> MeanOfSamples:
        """Start without a sample."""
        return MeanOfSamples(self, parameters)


class MeanOfSamples(WeightAverage):
    """The running mean of a run's samples."""

    def __init__(self, method: SWA, parameters: Mapping[str, nn.Parameter]) -> None:
        super().__init__(parameters)
        self.method = method
        self.count = 0  # samples so far

    def follow(self, step: int, total: int, *, epoch_ends: bool) -> None:
        """Take a sample, if one is due."""
        from torch.optim.swa_utils import get_swa_multi_avg_fn

        if not self.method.samples(step, total, epoch_ends=epoch_ends):
            return
        if self.count:
            add = get_swa_multi_avg_fn()  # type: ignore[no-untyped-call]
            add(*self.lists(), self.count)
        else:
            self.copy_weights()
        self.count += 1

    def state_dict(self) -> dict[str, Any]:
        """Give the number of samples as well."""
        return {**super().state_dict(), "count": self.count}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load copies of what `state_dict` gave."""
        super().load_state_dict(state)
        self.count = state["count"]
