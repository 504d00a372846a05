"""Cross-entropy of one logit."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mtbert.core.errors import InputError
from mtbert.core.params import Settings
from mtbert.core.tasks import Binary, Labels
from mtbert.training.objectives.class_weights import ClassWeights, check_weights, class_weights

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.objectives import Loss


class BinaryCrossEntropy(Settings):
    """-log sigmoid(±logit): fu-chan's and smet-walker's loss for paraphrases.

    With `weights` the mean is weighted: Σ w(y) loss / Σ w(y).
    """

    regression: ClassVar[bool] = False

    weights: ClassWeights = "none"

    def check(self, labels: Labels, *, width: int) -> None:
        """Refuse labels that are not binary, and a head with several logits.

        Raises:
            InputError: naming what was found.
        """
        if not isinstance(labels, Binary):
            raise InputError(f"needs labels of kind binary, found {labels.kind}")
        if width != 1:
            raise InputError(f"needs one logit, and the head gives {width}: take cross_entropy")
        check_weights(self.weights, 2)

    def build(self, *, bounds: tuple[float, float], targets: Tensor) -> Loss:
        """(example, 1), (example,) → mean loss."""
        from torch.nn import functional

        weights = class_weights(self.weights, targets, 2)

        def loss(logits: Tensor, labels: Tensor) -> Tensor:
            each = functional.binary_cross_entropy_with_logits(
                logits.squeeze(-1), labels, reduction="none"
            )
            weight = weights[labels.long()]
            return (weight * each).sum() / weight.sum()

        return loss
