"""Base class of the objectives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from mtbert.core.params import Settings
from mtbert.core.tasks import Labels

if TYPE_CHECKING:
    from torch import Tensor

    Loss: TypeAlias = Callable[[Tensor, Tensor], Tensor]


class Objective(Settings, ABC):
    """Logits and labels → the loss of one task."""

    regression: ClassVar[bool] = False  # whether a label is a number, not a class

    @abstractmethod
    def check(self, labels: Labels, *, width: int) -> None:
        """Refuse a kind of labels, or a width of the head, that does not fit."""

    def class_weights(self, targets: Tensor, classes: int) -> Tensor | None:
        """Give the weight of each class in the mean, (class,); None where there are no classes."""
        return None

    @abstractmethod
    def build(self, *, bounds: tuple[float, float], targets: Tensor) -> Loss:
        """Build the mean loss of logits (example, width) and labels (example,) float.

        Args:
            bounds: Lowest and highest label.
            targets: Labels of the train split, (example,).
        """
