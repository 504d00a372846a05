"""The last weights, as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mtbert.training.averaging.averaging import Averaging, WeightAverage

if TYPE_CHECKING:
    from torch import nn


class NoAveraging(Averaging):
    """Every evaluation sees the weights of the last update. Keeps and costs nothing."""

    def begin(self, parameters: Mapping[str, nn.Parameter]) -> WeightAverage:
        """Start a run."""
        return WeightAverage(parameters)
