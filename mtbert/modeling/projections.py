"""Projections: learned layers on each sentence vector, between pooling and head.

A pair's two vectors go through the same layers, each on its own: "learnable layers before the
cosine". Contract: `size(vector)` is the width that comes out; `learns` says whether there are
parameters; `build(vector)` gives a module (example, vector) → (example, size). `SharedProjection`
names the task whose projection is used instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, model_validator

from mtbert.core.params import Settings
from mtbert.modeling.layers import Activation, Dropout, stack

if TYPE_CHECKING:
    from torch import nn


class NoProjection(Settings):
    """The pooled vector as it is."""

    learns: ClassVar[bool] = False

    def size(self, vector: int) -> int:
        """Width of the output."""
        return vector

    def build(self, vector: int) -> nn.Module:
        """(example, vector) → the same."""
        from torch import nn

        return nn.Identity()


# Dropout and activation that need no layer: the defaults, and none
UNUSED = {(dropout, activation) for dropout in (0.0, 0.1) for activation in ("none", "relu")}


class LayersProjection(Settings):
    """Dropout of the pooled vector, then n times linear, activation, dropout.

    smet-walker's learnable layers (ReLU, dropout 0.3) and wu's three before a cosine (who drops
    out of the pooled vector alone); with `activation: none` and no dropout fu-chan's linear layer.
    """

    layers: Annotated[int, Field(ge=0)] = 1  # 0: dropout of the pooled vector alone
    width: Annotated[int, Field(ge=1)] | None = None  # of each layer; null: the vector's own
    activation: Activation = "relu"
    dropout: Dropout = 0.1
    input_dropout: Dropout = 0.0  # of the pooled vector
    # False: the last layer is linear alone. A cosine of ReLU outputs is never negative.
    end_activated: bool = True

    def size(self, vector: int) -> int:
        """Width of the output."""
        return (self.width or vector) if self.layers else vector

    @model_validator(mode="after")
    def _each_option_counts(self) -> LayersProjection:
        if self.layers == 0 and self.width is not None:
            raise ValueError(f"width: {self.width} layers wide, but layers is 0")
        if self.layers == 0 and (self.dropout, self.activation) not in UNUSED:
            raise ValueError(
                f"dropout: {self.dropout}, activation: {self.activation}: of layers, and layers is "
                "0; dropout of the pooled vector is input_dropout"
            )
        if self.layers < 2 and not self.end_activated:
            raise ValueError(
                "end_activated: false leaves the last of several layers linear; for a single one "
                "say {name: layers, activation: none, dropout: 0}"
            )
        return self

    @property
    def learns(self) -> bool:
        """Whether it has parameters."""
        return self.layers > 0

    def build(self, vector: int) -> nn.Module:
        """(example, vector) → (example, size)."""
        from torch import nn

        widths = [self.size(vector)] * self.layers
        modules = stack(vector, widths, activation=self.activation, dropout=self.dropout)
        # Two modules follow each linear layer.
        kept = modules if self.end_activated else modules[:-2]
        return nn.Sequential(nn.Dropout(self.input_dropout), *kept)


class SharedProjection(Settings):
    """The projection of another task of the strategy, trained by both (wang's shared layer)."""

    task: str


PROJECTIONS: dict[str, type[NoProjection] | type[LayersProjection] | type[SharedProjection]] = {
    "none": NoProjection,
    "layers": LayersProjection,
    "shared": SharedProjection,
}
