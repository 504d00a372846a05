"""Cross-entropy over classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mtbert.core.errors import InputError
from mtbert.core.params import Settings
from mtbert.core.tasks import Binary, Classes, Labels
from mtbert.training.objectives.class_weights import ClassWeights, check_weights, class_weights

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.objectives import Loss


class CrossEntropy(Settings):
    """-log softmax(logits)[label], one logit a class; wu's loss for paraphrases with two.

    With `weights` the mean is weighted: Σ w(y) loss / Σ w(y).
    """

    regression: ClassVar[bool] = False

    weights: ClassWeights = "none"

    def check(self, labels: Labels, *, width: int) -> None:
        """Refuse labels that are no classes, and a head without a logit for each class.

        Raises:
            InputError: naming the kind, or the number of logits, found.
        """
        if not isinstance(labels, Classes | Binary):
            raise InputError(f"needs labels of kind classes or binary, found {labels.kind}")
        if width < 2:
            raise InputError(
                "needs a logit for each class, and the head gives one: set its option logits: 2, "
                "or take binary_cross_entropy"
            )
        check_weights(self.weights, width)

    def build(self, *, bounds: tuple[float, float], targets: Tensor) -> Loss:
        """(example, class), (example,) → mean loss."""
        from torch.nn import functional

        weights = class_weights(self.weights, targets, int(bounds[1]) + 1)

        def loss(logits: Tensor, labels: Tensor) -> Tensor:
            return functional.cross_entropy(logits, labels.long(), weight=weights)

        return loss
