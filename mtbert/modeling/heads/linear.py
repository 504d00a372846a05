"""Dropout and one linear layer on features of the sentence vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mtbert.errors import InputError
from mtbert.modeling.features import SINGLE, Feature
from mtbert.params import Settings
from mtbert.tasks import Labels

if TYPE_CHECKING:
    from torch import nn


class Linear(Settings):
    """Linear layer on chosen features; the default is [u, v, |u - v|] for siamese pairs, else [u].

    smet-walker's SST head and joint pair heads (dropout 0.3 there); with dropout 0 fu-chan's SST
    and paraphrase heads. InferSent's features: Conneau et al. (2017), section 3.1.
    """

    features: tuple[Feature, ...] | None = None
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1

    def check(self, *, labels: Labels, paired: bool) -> None:
        """Refuse features that the task's examples do not have.

        Raises:
            InputError: a feature of two vectors for an example that has one, or no feature.
        """
        if self.features is None:
            return
        if not self.features:
            raise InputError("features: name at least one")
        if not paired and set(self.features) - set(SINGLE):
            raise InputError(
                f"features: an example here is one sequence and has only {list(SINGLE)}, found "
                f"{list(self.features)} (features of pairs need encoding: siamese)"
            )

    def build(self, *, hidden_size: int, labels: Labels, paired: bool) -> nn.Module:
        """Build the module: ((example, hidden), (example, hidden) | None) → (example, width)."""
        from torch import nn

        from mtbert.modeling.vectors import Features

        features = Features(self.features or (("u", "v", "abs_diff") if paired else SINGLE))
        return nn.Sequential(
            features,
            nn.Dropout(self.dropout),
            nn.Linear(features.size(hidden_size), labels.width),
        )
