"""R-Drop: two passes that differ by dropout alone should agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mtbert.training.term import Term

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.task_batch import TaskBatch


class RDrop(Term):
    """The loss becomes (L₁ + L₂) / 2 + weight · (KL(P₁‖P₂) + KL(P₂‖P₁)) / 2 (Liang et al. 2021).

    1 and 2 are two passes with different dropout masks. The paper sums the two losses, its code
    takes their mean, as here: the loss is then as large as without. For numbers the objective's
    error replaces the symmetric divergence.
    """

    weight: Annotated[float, Field(gt=0)] = 1.0

    @property
    def needs_dropout_of(self) -> str:
        """Two passes are compared by their logits."""
        return "logits"

    def extra(self, batch: TaskBatch) -> Tensor:
        """What is added to L₁."""
        distance = batch.distance(batch.clean.logits, batch.again.logits)
        return (batch.loss_of(batch.again) - batch.loss) / 2 + self.weight * distance / 2
