"""Cosine of the two sentence vectors, scaled to the label range."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mtbert.core.errors import InputError
from mtbert.core.params import Settings
from mtbert.core.tasks import Labels, Similarity
from mtbert.modeling.layers import CosineForm, Dropout

if TYPE_CHECKING:
    from torch import nn


class CosineHead(Settings):
    """low + (high - low) · s for a similarity from `low` to `high`; it has no parameters.

    `form` says what s is of c = cos(u, v):

    - `signed`: c (Reimers & Gurevych 2019, section 3: the regression objective). A negative cosine
      predicts a value below the range; it is left so, since clipping would end its gradient. With
      objective `squared_error` in units of the range this is fu-chan's cosine against label / 5.
    - `relu`: max(0, c) (wu, smet-walker). Of a pair with a negative cosine nothing is learned: its
      gradient is 0, and it stays where it is unless other pairs move it.
    - `shifted`: (c + 1) / 2, the whole range from opposite to equal vectors (elayattu).
    """

    learns: ClassVar[bool] = False
    start: ClassVar[str] = "random"

    form: CosineForm = "signed"
    dropout: Dropout = 0.0  # of both vectors

    def width(self, labels: Labels) -> int:
        """Outputs per example."""
        return 1

    def check(self, *, labels: Labels, paired: bool) -> None:
        """Refuse tasks that have no pair of vectors or no similarity."""
        if not paired:
            raise InputError("needs two vectors: a task on pairs, with encoding: siamese")
        if not isinstance(labels, Similarity):
            raise InputError(f"needs labels of kind similarity, found {labels.kind}")

    def build(self, *, size: int, labels: Labels, paired: bool) -> nn.Module:
        """Build the module: ((example, size), (example, size)) → (example, 1)."""
        from mtbert.modeling.vectors import PairCosine

        return PairCosine(self.form, bounds=labels.bounds, dropout=self.dropout)
