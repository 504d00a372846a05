"""wang's contrastive learning: every mixed pair of a batch is a negative example of the head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtbert.training.term import DuplicatesTerm

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.task_batch import TaskBatch


class InBatchNegatives(DuplicatesTerm):
    """The loss becomes that of n labelled pairs and, with label 0, the n (n - 1) pairs of u_i, v_j.

    wang's double loop over i ≠ j, vectorized. As there, pairs that happen to be duplicates count as
    negatives too. The objective's mean is over all n² pairs.
    """

    def extra(self, batch: TaskBatch) -> Tensor:
        """What is added to the loss of the labelled pairs."""
        import torch

        logits, u, v = batch.clean
        assert v is not None, "check refuses single vectors"
        mixed = ~torch.eye(len(u), dtype=torch.bool, device=u.device)
        others = batch.all_pairs(u, v)[mixed]
        labels = torch.cat([batch.labels, batch.labels.new_zeros(len(others))])
        return batch.objective(torch.cat([logits, others]), labels) - batch.loss
