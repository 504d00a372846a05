"""Cross-entropy of one logit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtbert.errors import InputError
from mtbert.params import Settings
from mtbert.tasks import Binary, Labels

if TYPE_CHECKING:
    from torch import Tensor


class BinaryCrossEntropy(Settings):
    """-log sigmoid(±logit): fu-chan's and smet-walker's loss for paraphrases."""

    def check(self, labels: Labels) -> None:
        """Refuse labels that are not binary.

        Raises:
            InputError: naming the kind found.
        """
        if not isinstance(labels, Binary):
            raise InputError(f"needs labels of kind binary, found {labels.kind}")

    def loss(self, logits: Tensor, targets: Tensor, bounds: tuple[float, float]) -> Tensor:
        """(example, 1), (example,) → mean loss."""
        from torch.nn import functional

        return functional.binary_cross_entropy_with_logits(logits.squeeze(-1), targets)
