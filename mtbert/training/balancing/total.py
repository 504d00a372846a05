"""The sum of the losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mtbert.params import Settings

if TYPE_CHECKING:
    from torch import Tensor


class Total(Settings):
    """One backward pass of the plain sum (wang's "total loss")."""

    def backward(
        self, losses: Callable[[Sequence[str]], dict[str, Tensor]], tasks: Sequence[str]
    ) -> dict[str, Tensor]:
        """Fill `.grad` with the gradient of the sum; return each task's loss, detached."""
        found = losses(tasks)
        total = None
        for loss in found.values():
            total = loss if total is None else total + loss
        assert total is not None, "a step has at least one task"
        # A frozen encoder under a head without parameters leaves nothing to train.
        if total.requires_grad:
            total.backward()  # type: ignore[no-untyped-call]
        return {task: loss.detach() for task, loss in found.items()}
