"""Cross-entropy over classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtbert.errors import InputError
from mtbert.params import Settings
from mtbert.tasks import Classes, Labels

if TYPE_CHECKING:
    from torch import Tensor


class CrossEntropy(Settings):
    """-log softmax(logits)[label], one logit a class."""

    def check(self, labels: Labels) -> None:
        """Refuse labels that are no classes.

        Raises:
            InputError: naming the kind found.
        """
        if not isinstance(labels, Classes):
            raise InputError(f"needs labels of kind classes, found {labels.kind}")

    def loss(self, logits: Tensor, targets: Tensor, bounds: tuple[float, float]) -> Tensor:
        """(example, class), (example,) → mean loss."""
        from torch.nn import functional

        return functional.cross_entropy(logits, targets.long())
