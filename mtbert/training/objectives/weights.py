"""Weights of classes, for labels of which some are rare (wu's future work)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mtbert.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

# The weight of each class, in the order of the labels; or `balanced`.
Weights = Literal["none", "balanced"] | tuple[Annotated[float, Field(gt=0)], ...]


def check_weights(weights: Weights, classes: int) -> None:
    """Refuse a list that is not one weight a class.

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


def class_weights(weights: Weights, targets: Tensor, classes: int) -> Tensor:
    """The weight of each class, (class,).

    `balanced` is n / (classes · count): every class weighs the same in a pass over the train split
    (King & Zeng 2001; scikit-learn's `compute_class_weight`). A class without any example has the
    weight of one with a single one, which nothing ever uses.

    Args:
        weights: The knob.
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
