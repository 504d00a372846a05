"""A margin between a duplicate and the hardest negative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from mtbert.training.term import TaskFacts, Term, check_duplicates

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.task_batch import TaskBatch


class EnergyHinge(Term):
    """weight · mean of max(0, margin + max cos(h, h⁻) - cos(h, h⁺)) (PromCSE: Jiang et al. 2022).

    h, h⁺ and h⁻ are those of `simcse` in mode supervised, which the paper adds it to. An anchor
    without any negative adds 0.
    """

    compares: ClassVar[bool] = True

    margin: Annotated[float, Field(ge=0)] = 0.2
    weight: Annotated[float, Field(gt=0)] = 10.0

    def check(self, task: TaskFacts) -> None:
        """Refuse what has no labelled duplicates.

        Raises:
            InputError: with the reason.
        """
        check_duplicates(task)

    def extra(self, batch: TaskBatch) -> Tensor:
        """The weighted loss; 0 where the batch has no duplicates."""
        from mtbert.training.auxiliaries.contrast import of_duplicates

        found = of_duplicates(batch)
        if not len(found.positive):
            return batch.loss.new_zeros(())
        hardest = found.cosines.masked_fill(~found.negative, float("-inf")).amax(1)
        same = found.cosines.gather(1, found.positive[:, None]).squeeze(1)
        return self.weight * (self.margin + hardest - same).clamp(min=0).mean()
