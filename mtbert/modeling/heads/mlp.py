"""Hidden layers between the features and the last linear layer."""

from typing import Annotated

from pydantic import Field

from mtbert.modeling.heads.linear import LinearHead
from mtbert.modeling.layers import Activation


class MLPHead(LinearHead):
    """Dropout, then n times linear, activation, dropout, then the last linear layer.

    wang's option 3 on [u, v, abs_diff, product]; wu's two hidden layers for SST and, on
    [u, v, abs_diff] with two logits, for paraphrases (where only the pooled vectors have dropout:
    a projection's `input_dropout`, and 0 here); smet-walker's one or two learnable layers
    (ReLU, dropout 0.3). With no hidden layer it would be `linear`.
    """

    layers: Annotated[int, Field(ge=1)] = 1
    hidden_size: Annotated[int, Field(ge=1)] | None = None  # of each; null: the vectors' own
    activation: Activation = "relu"

    def hidden_layers(self, size: int) -> tuple[list[int], Activation]:
        """Widths of the layers before the last one, and their activation."""
        return [self.hidden_size or size] * self.layers, self.activation
