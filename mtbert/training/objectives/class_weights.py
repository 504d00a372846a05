"""Class weights, for labels of which some are rare (wu's future work)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import PlainValidator, WithJsonSchema

from mtbert.core.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor


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


def check_weights(weights: ClassWeights, classes: int) -> None:
    """Refuse a list without one weight a class.

    Raises:
        InputError: with the number expected.
    """
    if isinstance(weights, str):
        return
    if len(weights) != classes:
        raise InputError(
            f"weights: expected none, balanced, or {classes} numbers above 0 (one a class), "
            f"found {list(weights)}"
        )


def class_weights(weights: ClassWeights, targets: Tensor, classes: int) -> Tensor:
    """The weight of each class, (class,).

    `balanced` is n / (classes · count): the classes of the train split weigh the same in all (King
    & Zeng 2001; scikit-learn's `compute_class_weight`). A batch's loss is divided by its own
    weights, so that a batch of one class is not changed. A class without examples gets the weight
    of a class with one; nothing uses it.

    Args:
        weights: none, balanced, or a weight for each class.
        targets: Labels of the train split, (example,).
        classes: Number of classes.
    """
    import torch

    if weights == "balanced":
        counts = targets.long().cpu().bincount(minlength=classes).to(targets.device)
        return len(targets) / (classes * counts.clamp(min=1).float())
    if weights == "none":
        return torch.ones(classes, device=targets.device)
    return torch.tensor(weights, dtype=torch.float32, device=targets.device)
