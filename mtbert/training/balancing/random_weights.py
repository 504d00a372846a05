"""Weights drawn anew in every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from mtbert.training.balancing.balancing import Balancing, Setup
from mtbert.training.balancing.scalarizer import Scalarizer


class RandomWeights(Balancing):
    """w = T softmax(z), z standard normal, T the tasks of the step.

    Lin et al. (2022), RLW with normal weights. There the weights sum to 1; here to T, so that the
    step is on average that of the sum, and the rates that suit the sum suit this too.
    """

    needs_several: ClassVar[bool] = True

    def begin(self, setup: Setup) -> Draws:
        """Start a run."""
        return Draws(setup)


class Draws(Scalarizer):
    """Draws from the run's own generator."""

    def weights(self, tasks: Sequence[str]) -> Mapping[str, float]:
        """Draw w_t, which sum to T."""
        import torch

        drawn = torch.randn(len(tasks), generator=self.generator, dtype=torch.float64).softmax(0)
        return dict(zip(tasks, (len(tasks) * drawn).tolist(), strict=True))
