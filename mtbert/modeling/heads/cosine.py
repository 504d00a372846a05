"""Cosine of the two sentence vectors, scaled to the label range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtbert.errors import InputError
from mtbert.modeling.features import COSINE
from mtbert.params import Settings
from mtbert.tasks import Labels, Similarity

if TYPE_CHECKING:
    from torch import nn


class Cosine(Settings):
    """high · cos(u, v), for a similarity from 0 to `high`; it has no parameters of its own.

    Reimers & Gurevych (2019), section 3: the regression objective. A negative cosine predicts a
    value below the range; it is left so, since clipping would end its gradient.
    """

    def check(self, *, labels: Labels, paired: bool) -> None:
        """Refuse tasks that have no pair of vectors or no similarity from 0.

        Raises:
            InputError: with the reason.
        """
        if not paired:
            raise InputError("needs two vectors: a task on pairs, with encoding: siamese")
        if not isinstance(labels, Similarity) or labels.low != 0:
            raise InputError(f"needs labels of kind similarity with low: 0, found {labels!r}")

    def build(self, *, hidden_size: int, labels: Labels, paired: bool) -> nn.Module:
        """Build the module: ((example, hidden), (example, hidden)) → (example, 1)."""
        from torch import nn

        from mtbert.modeling.vectors import Features, Scale

        return nn.Sequential(Features((COSINE,)), Scale(labels.bounds[1]))
