"""Contrastive learning of sentence vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtbert.core.errors import InputError
from mtbert.training.term import TaskFacts, Term, check_duplicates

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.task_batch import TaskBatch


class SimCSE(Term):
    """weight · mean of -log (e^{cos(h, h⁺)/τ} / (e^{cos(h, h⁺)/τ} + Σ e^{cos(h, h⁻)/τ})).

    Gao et al. (2021), on the vectors that the task's head is given. `mode`:

    - `supervised`: h and h⁺ are the sentences of a labelled duplicate, h⁻ the second sentences of
      all other pairs of the batch; those of labelled non-duplicates are the hard negatives.
    - `unsupervised`: h and h⁺ are one sentence in two passes with dropout of their own, h⁻ all
      other sentences of the batch in the second pass.

    We depart from the paper in that a sentence known to mean the same as h (the same text, or
    linked to it by labelled duplicates) is none of the h⁻: Quora's questions repeat. Of a joint
    pair, one sequence, that is not known.
    """

    compares: ClassVar[bool] = True

    mode: Literal["supervised", "unsupervised"] = "supervised"
    temperature: Annotated[float, Field(gt=0)] = 0.05  # τ
    weight: Annotated[float, Field(gt=0)] = 1.0

    def check(self, task: TaskFacts) -> None:
        """Refuse what has no labelled duplicates, or no two passes.

        Raises:
            InputError: with the reason.
        """
        if self.mode == "supervised":
            check_duplicates(task)
        elif task.fixed:
            raise InputError(
                "mode: unsupervised needs two passes with dropout, and with adaptation: frozen "
                "sentences are encoded once, without"
            )

    def extra(self, batch: TaskBatch) -> Tensor:
        """The weighted loss; 0 where the batch has no duplicates."""
        from torch.nn import functional

        from mtbert.training.auxiliaries.contrast import of_dropouts, of_duplicates

        found = (of_duplicates if self.mode == "supervised" else of_dropouts)(batch)
        if not len(found.positive):
            return batch.loss.new_zeros(())
        kept = found.negative.scatter(1, found.positive[:, None], value=True)
        logits = (found.cosines / self.temperature).masked_fill(~kept, float("-inf"))
        return self.weight * functional.cross_entropy(logits, found.positive)
