"""Exponential moving average of the weights: late updates count more than early ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mtbert.training.averaging.averaging import Averaging, WeightAverage

if TYPE_CHECKING:
    from torch import nn


class EMA(Averaging):
    """θ̄ ← β θ̄ + (1 - β) θ after every update, from θ̄ = θ before the first.

    Polyak & Juditsky (1992) average all updates alike; exponential weights as in Tarvainen &
    Valpola (2017), section 2. With β = decay throughout, θ̄ forgets its start only after several
    times 1 / (1 - β) updates, and a fine-tuning may have no more. With `warmup`,
    β = min(decay, (1 + t) / (10 + t)) at update t, as TensorFlow's `num_updates` has it: the
    quotient reaches .999 at update 8,990.
    """

    decay: Annotated[float, Field(ge=0, lt=1)] = 0.999  # β
    warmup: bool = True

    def beta(self, step: int, total: int) -> float:
        """Give β at an update, counted from 1."""
        return min(self.decay, (1 + step) / (10 + step)) if self.warmup else self.decay

    def begin(self, parameters: Mapping[str, nn.Parameter]) -> WeightAverage:
        """Start from the current weights."""
        average = super().begin(parameters)
        average.copy_weights()
        return average

    def follow(self, average: WeightAverage, step: int, total: int, *, epoch_ends: bool) -> None:
        """Move the average towards the weights."""
        from torch.optim.swa_utils import get_ema_multi_avg_fn

        move = get_ema_multi_avg_fn(self.beta(step, total))  # type: ignore[no-untyped-call]
        move(*average.lists(), None)
