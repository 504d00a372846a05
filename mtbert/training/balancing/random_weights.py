"""Random loss weighting: weights drawn anew in every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from mtbert.training.balancing.scalarizer import LossWeighting

if TYPE_CHECKING:
    import torch


class RandomWeights(LossWeighting):
    """w = T softmax(z), z standard normal, T the tasks of the step.

    Lin et al. (2022), RLW with normal weights. There the weights sum to 1; here to T, so that the
    step is on average that of the sum, and the rates that suit the sum suit this too.
    """

    needs_several: ClassVar[bool] = True

    def task_weights(
        self, tasks: Sequence[str], *, generator: torch.Generator
    ) -> Mapping[str, float]:
        """Draw w_t, which sum to T."""
        import torch

        drawn = torch.randn(len(tasks), generator=generator, dtype=torch.float64).softmax(0)
        return dict(zip(tasks, (len(tasks) * drawn).tolist(), strict=True))
