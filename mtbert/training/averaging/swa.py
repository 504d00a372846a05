"""Stochastic weight averaging: the plain mean of some late weights."""

from typing import Annotated

from pydantic import Field

from mtbert.training.averaging.averaging import Averaging, WeightAverage


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

    def due(self, step: int, total: int, *, epoch_ends: bool) -> bool:
        """Whether an update's weights are a sample."""
        # The quotient equals the float of a share written in decimals; a product may not.
        late = step / total >= self.start
        due = epoch_ends or step == total if self.every is None else not (total - step) % self.every
        return late and due

    def idle(self, total: int, epoch: int) -> str:
        """Why a run of so many updates has no average: it takes a single sample."""
        steps = range(1, total + 1)
        samples = [s for s in steps if self.due(s, total, epoch_ends=s % epoch == 0)]
        if len(samples) > 1:
            return ""
        return "swa takes one sample, the last weights; lower its start, set every, or train longer"

    def follow(self, average: WeightAverage, step: int, total: int, *, epoch_ends: bool) -> None:
        """Take a sample, if one is due."""
        from torch.optim.swa_utils import get_swa_multi_avg_fn

        if not self.due(step, total, epoch_ends=epoch_ends):
            return
        if average.samples:
            add = get_swa_multi_avg_fn()  # type: ignore[no-untyped-call]
            add(*average.lists(), average.samples)
        else:
            average.copy_weights()
        average.samples += 1
