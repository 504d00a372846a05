"""Cross-entropy, of one logit a class or of one for two classes, with class weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import PlainValidator, WithJsonSchema

from mtbert.core.errors import InputError
from mtbert.core.tasks import Binary, Classes, Labels
from mtbert.training.objectives.objective import Objective

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.objectives.objective import Loss


def _word_or_numbers(spec: object) -> object:
    if isinstance(spec, str) and spec in ("none", "balanced"):
        return spec
    numbers = spec if isinstance(spec, list | tuple) else ()
    if numbers and all(type(it) in (int, float) and 0 < it < float("inf") for it in numbers):
        return tuple(map(float, numbers))
    # pydantic would report an error for each side of a union.
    raise ValueError(f"expected none, balanced, or a number above 0 a class, found {spec!r}")


# The weight of each class, in the order of the labels; or `balanced`.
ClassWeights = Annotated[
    Literal["none", "balanced"] | tuple[float, ...],
    PlainValidator(_word_or_numbers),
    WithJsonSchema({"description": "none, balanced, or a number above 0 a class"}),
]


class CrossEntropy(Objective):
    """-log softmax(logits)[label], one logit a class; wu's loss for paraphrases with two.

    With `weights` (wu's future work, for labels of which some are rare) the mean is weighted:
    Σ w(y) loss / Σ w(y). `balanced` is w = n / (classes · count): the classes of the train split
    weigh the same in all (King & Zeng 2001; scikit-learn's `compute_class_weight`). A batch's loss
    is divided by its own weights, so that a batch of one class is not changed. A class without
    examples gets the weight of a class with one; nothing uses it.
    """

    weights: ClassWeights = "none"

    def check(self, labels: Labels, *, width: int) -> None:
        """Refuse labels that are no classes, and a head without a logit for each class."""
        if not isinstance(labels, Classes | Binary):
            raise InputError(f"needs labels of kind classes or binary, found {labels.kind}")
        if width < 2:
            raise InputError(
                "needs a logit for each class, and the head gives one: set its option logits: 2, "
                "or take binary_cross_entropy"
            )
        self.check_weights(width)

    def check_weights(self, classes: int) -> None:
        """Refuse a list without one weight a class."""
        if not isinstance(self.weights, str) and len(self.weights) != classes:
            raise InputError(
                f"weights: expected none, balanced, or {classes} numbers above 0 (one a class), "
                f"found {list(self.weights)}"
            )

    def class_weights(self, targets: Tensor, classes: int) -> Tensor:
        """Give the weight of each class, (class,), from the train split's labels, (example,)."""
        import torch

        if self.weights == "balanced":
            counts = targets.long().cpu().bincount(minlength=classes).to(targets.device)
            return len(targets) / (classes * counts.clamp(min=1).float())
        if self.weights == "none":
            return torch.ones(classes, device=targets.device)
        return torch.tensor(self.weights, dtype=torch.float32, device=targets.device)

    def build(self, *, bounds: tuple[float, float], targets: Tensor) -> Loss:
        """(example, class), (example,) → mean loss."""
        from torch.nn import functional

        weights = self.class_weights(targets, int(bounds[1]) + 1)

        def loss(logits: Tensor, labels: Tensor) -> Tensor:
            return functional.cross_entropy(logits, labels.long(), weight=weights)

        return loss


class BinaryCrossEntropy(CrossEntropy):
    """-log sigmoid(±logit): fu-chan's and smet-walker's loss for paraphrases.

    `weights` as in `CrossEntropy`.
    """

    def check(self, labels: Labels, *, width: int) -> None:
        """Refuse labels that are not binary, and a head with several logits."""
        if not isinstance(labels, Binary):
            raise InputError(f"needs labels of kind binary, found {labels.kind}")
        if width != 1:
            raise InputError(f"needs one logit, and the head gives {width}: take cross_entropy")
        self.check_weights(2)

    def build(self, *, bounds: tuple[float, float], targets: Tensor) -> Loss:
        """(example, 1), (example,) → mean loss."""
        from torch.nn import functional

        weights = self.class_weights(targets, 2)

        def loss(logits: Tensor, labels: Tensor) -> Tensor:
            each = functional.binary_cross_entropy_with_logits(
                logits.squeeze(-1), labels, reduction="none"
            )
            weight = weights[labels.long()]
            return (weight * each).sum() / weight.sum()

        return loss
