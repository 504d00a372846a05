"""The room of objectives, by kind of labels: logits and labels to the loss of one task.

Contract: logits (example, width), labels (example,) float → mean loss of the examples.
"""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of the softmax; labels are class numbers."""
    return functional.cross_entropy(logits, labels.long())


def binary_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of the sigmoid; labels are 0 or 1."""
    return functional.binary_cross_entropy_with_logits(logits.squeeze(-1), labels)


def mean_squared_error(logits: Tensor, labels: Tensor) -> Tensor:
    """Squared error in label units; a head for similarities predicts in these units."""
    return functional.mse_loss(logits.squeeze(-1), labels)


OBJECTIVES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "classes": cross_entropy,
    "binary": binary_cross_entropy,
    "similarity": mean_squared_error,
}
