"""Energy-based hinge loss: a margin between a duplicate and the hardest negative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from mtbert.training.term import DuplicatesTerm

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.task_batch import TaskBatch


class EnergyHinge(DuplicatesTerm):
    """weight · mean of max(0, margin + max cos(h, h⁻) - cos(h, h⁺)) (PromCSE: Jiang et al. 2022).

    h, h⁺ and h⁻ are those of `simcse` in mode supervised, which the paper adds it to. An anchor
    without any negative adds 0.
    """

    needs_clusters: ClassVar[bool] = True

    margin: Annotated[float, Field(ge=0)] = 0.2
    weight: Annotated[float, Field(gt=0)] = 10.0

    def extra(self, batch: TaskBatch) -> Tensor:
        """The weighted loss; 0 where the batch has no duplicates."""
        from mtbert.training.auxiliaries.contrast import of_duplicates

        cosines, positive, negative = of_duplicates(batch)
        if not len(positive):
            return batch.loss.new_zeros(())
        hardest = cosines.masked_fill(~negative, float("-inf")).amax(1)
        own = cosines.gather(1, positive[:, None]).squeeze(1)
        return self.weight * (self.margin + hardest - own).clamp(min=0).mean()
