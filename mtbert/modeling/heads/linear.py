"""Dropout and one linear layer on features of the sentence vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mtbert.core.errors import InputError
from mtbert.core.params import Settings
from mtbert.core.tasks import Binary, Labels, Similarity
from mtbert.modeling.layers import Activation, Dropout, Feature, stack

if TYPE_CHECKING:
    from torch import nn


# Labels that a free output reaches: from 0 by updates of a usual size, or by the fit's optimizer,
# whose tolerances are absolute
REACH = {"random": 10, "fitted": 1000}


class LinearHead(Settings):
    """Linear layer on chosen features; the default is [u, v, |u - v|] for siamese pairs, else [u].

    smet-walker's SST head and joint pair heads (dropout 0.3 there), elayattu's heads; with dropout
    0 fu-chan's SST and paraphrase heads; on [u, v, abs_diff, product] wang's option 2. InferSent's
    features: Conneau et al. (2017), section 3.1.
    """

    learns: ClassVar[bool] = True

    features: tuple[Feature, ...] | None = None
    dropout: Dropout = 0.1
    # Binary labels: one logit, or one for each of the two classes (wu).
    logits: Literal[1, 2] = 1
    # Similarity: any number, or low + (high - low) · sigmoid (wu's "sigmoid × 5").
    range: Literal["free", "sigmoid"] = "free"
    # What the last layer is before the first update: as torch draws it, or fitted to the features
    # that the encoder has then (training/fitted_start.py).
    start: Literal["random", "fitted"] = "random"

    def width(self, labels: Labels) -> int:
        """Outputs per example."""
        return max(self.logits, labels.width)

    def check(self, *, labels: Labels, paired: bool) -> None:
        """Refuse features, logits or a range that the task's examples or labels do not have."""
        if self.features is not None and len(set(self.features)) != max(1, len(self.features)):
            raise InputError(f"features: name at least one, each once, found {list(self.features)}")
        if not paired and set(self.features or ()) - {"u"}:
            raise InputError(
                f"features: an example here is one sequence and has only ['u'], found "
                f"{list(self.features or ())} (features of pairs need encoding: siamese)"
            )
        if self.logits == 2 and not isinstance(labels, Binary):
            raise InputError(f"logits: 2 needs labels of kind binary, found {labels.kind}")
        if self.range == "sigmoid" and not isinstance(labels, Similarity):
            raise InputError(f"range: sigmoid needs labels of kind similarity, found {labels.kind}")
        low, high = labels.bounds
        free = self.range == "free" and isinstance(labels, Similarity)
        if free and max(abs(low), abs(high)) > (reach := REACH[self.start]):
            raise InputError(
                f"range: free with start: {self.start} does not reach labels from {low:g} to "
                f"{high:g}; expected range: sigmoid, or labels from -{reach} to {reach}"
            )

    def hidden_layers(self, size: int) -> tuple[list[int], Activation]:
        """Widths of the layers before the last one, and their activation."""
        return [], "none"

    def build(self, *, size: int, labels: Labels, paired: bool) -> nn.Module:
        """Build the module: ((example, size), (example, size) | None) → (example, width)."""
        from torch import nn

        from mtbert.modeling.vectors import PairFeatures, ScaledSigmoid

        features = PairFeatures(self.features or (("u", "v", "abs_diff") if paired else ("u",)))
        first, (hidden, activation) = sum(features.widths(size)), self.hidden_layers(size)
        return nn.Sequential(
            features,
            nn.Dropout(self.dropout),
            *stack(first, hidden, activation=activation, dropout=self.dropout),
            nn.Linear([first, *hidden][-1], self.width(labels)),
            *([ScaledSigmoid(*labels.bounds)] if self.range == "sigmoid" else []),
        )
