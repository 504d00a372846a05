"""wang's contrastive learning: every mixed pair of a batch is a negative example of the head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtbert.training.term import TaskFacts, Term, check_duplicates

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.task_batch import TaskBatch


class InBatchNegatives(Term):
    """The loss becomes that of n labelled pairs and, with label 0, the n (n - 1) pairs of u_i, v_j.

    wang's double loop over i ≠ j, all at once. Pairs that happen to be duplicates count as
    negatives too, as there. The objective's mean is over all n² pairs.
    """

    def check(self, task: TaskFacts) -> None:
        """Refuse what has no labelled duplicates.

        Raises:
            InputError: with the reason.
        """
        check_duplicates(task)

    def extra(self, batch: TaskBatch) -> Tensor:
        """What is added to the loss of the labelled pairs."""
        import torch

        logits, u, v = batch.clean
        assert v is not None, "check refuses single vectors"
        mixed = ~torch.eye(len(u), dtype=torch.bool, device=u.device)
        others = batch.all_pairs(u, v)[mixed]
        labels = torch.cat([batch.labels, batch.labels.new_zeros(len(others))])
        return batch.objective(torch.cat([logits, others]), labels) - batch.loss
