"""A teacher that follows the weights slowly."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

# What stays of the teacher in an update: in the first tenth of the steps, and after.
EARLY, LATE = 0.99, 0.999
TURN = 0.1


class Teacher:
    """θ̃ ← β θ̃ + (1 - β) θ after every update, from θ̃ = θ (Jiang et al. 2020, section 3.2)."""

    def __init__(self, parameters: Mapping[str, nn.Parameter]) -> None:
        """Start from the weights as they are.

        Args:
            parameters: The trainable ones, by name; the others never differ.
        """
        self._parameters = dict(parameters)
        self.weights = {name: p.detach().clone() for name, p in self._parameters.items()}

    @torch.no_grad()
    def follow(self, share: float) -> None:
        """Take an update of the weights into account.

        Args:
            share: Of the run's steps, how many are done.
        """
        beta = EARLY if share <= TURN else LATE
        torch._foreach_lerp_(list(self.weights.values()), list(self._parameters.values()), 1 - beta)

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Go on from weights that a run saved."""
        for name, value in self.weights.items():
            value.copy_(weights[name])
