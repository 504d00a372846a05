"""Mean squared error of a similarity."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mtbert.core.errors import InputError
from mtbert.core.tasks import Labels, Similarity
from mtbert.training.objectives.objective import Objective

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.objectives.objective import Loss


class SquaredError(Objective):
    """Squared error in shares of the label range (fu-chan: labels / 5), or in label units.

    In label units (smet-walker, wu) the loss of a 0..5 task is 25 times as large, and so is its
    part in a sum of losses.
    """

    regression: ClassVar[bool] = True

    unit: Literal["range", "label"] = "range"

    def check(self, labels: Labels, *, width: int) -> None:
        """Refuse labels that are no similarity."""
        if not isinstance(labels, Similarity):
            raise InputError(f"needs labels of kind similarity, found {labels.kind}")

    def build(self, *, bounds: tuple[float, float], targets: Tensor) -> Loss:
        """(example, 1) in label units, (example,) → mean loss."""
        low, high = bounds
        scale = high - low if self.unit == "range" else 1.0

        def loss(logits: Tensor, labels: Tensor) -> Tensor:
            return ((logits.squeeze(-1) - labels) / scale).square().mean()

        return loss
