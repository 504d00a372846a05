"""The last weights, as they are."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from mtbert.training.averaging.averaging import Average, Averaging

if TYPE_CHECKING:
    from torch import nn


class NoAveraging(Averaging):
    """Every evaluation sees the weights of the last update. Keeps and costs nothing."""

    def begin(self, parameters: Mapping[str, nn.Parameter]) -> LastWeights:
        """Start a run."""
        return LastWeights()


class LastWeights(Average):
    """Nothing to keep."""

    def follow(self, step: int, total: int, *, epoch_ends: bool) -> None:
        """Note nothing."""

    def applied(self) -> AbstractContextManager[None]:
        """Leave the parameters as they are."""
        return nullcontext()

    def state_dict(self) -> dict[str, Any]:
        """Give nothing."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up nothing."""
