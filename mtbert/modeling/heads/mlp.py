"""Hidden layers between the features and the last linear layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mtbert.core.tasks import Labels
from mtbert.modeling.heads.linear import LinearHead
from mtbert.modeling.layers import Activation

if TYPE_CHECKING:
    from torch import nn


class MLPHead(LinearHead):
    """Dropout, then n times linear, activation, dropout, then the last linear layer.

    wang's option 3 on [u, v, abs_diff, product]; wu's two hidden layers for SST and, on
    [u, v, abs_diff] with two logits, for paraphrases (where only the pooled vectors have dropout:
    a map's `input_dropout`, and 0 here); smet-walker's one or two learnable layers
    (ReLU, dropout 0.3). With no hidden layer it would be `linear`.
    """

    layers: Annotated[int, Field(ge=1)] = 1
    hidden_size: Annotated[int, Field(ge=1)] | None = None  # of each; null: the vectors' own
    activation: Activation = "relu"

    def build(self, *, size: int, labels: Labels, paired: bool) -> nn.Module:
        """Build the module: ((example, size), (example, size) | None) → (example, width)."""
        widths = [self.hidden_size or size] * self.layers
        return self.layered(
            size=size, labels=labels, paired=paired, widths=widths, activation=self.activation
        )
