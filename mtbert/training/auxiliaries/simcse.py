"""SimCSE: contrastive learning of sentence vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtbert.core.errors import InputError
from mtbert.training.term import DuplicatesTerm, TaskFacts

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.task_batch import TaskBatch


class SimCSE(DuplicatesTerm):
    """weight · mean of -log (e^{cos(h, h⁺)/τ} / (e^{cos(h, h⁺)/τ} + Σ e^{cos(h, h⁻)/τ})).

    Gao et al. (2021), on the vectors that the task's head is given. `mode`:

    - `supervised`: h and h⁺ are the sentences of a labelled duplicate, h⁻ the second sentences of
      all other pairs of the batch; those of labelled non-duplicates are the hard negatives.
    - `unsupervised`: h and h⁺ are one sentence in two passes with different dropout masks, h⁻ all
      other sentences of the batch in the second pass.

    Departure from the paper: a sentence in h's cluster of paraphrases (the same text, or linked to
    it by labelled duplicates) is none of the h⁻, as Quora's questions repeat. Joint pairs, one
    sequence each, have no clusters.
    """

    needs_clusters: ClassVar[bool] = True

    mode: Literal["supervised", "unsupervised"] = "supervised"
    temperature: Annotated[float, Field(gt=0)] = 0.05  # τ
    weight: Annotated[float, Field(gt=0)] = 1.0

    @property
    def needs_dropout_of(self) -> str:
        """Two passes of one sentence are compared by their vectors."""
        return "vectors" if self.mode == "unsupervised" else ""

    def check(self, task: TaskFacts) -> None:
        """Refuse a task without labelled duplicates, or without two passes."""
        if self.mode == "supervised":
            super().check(task)
        elif task.fixed:
            raise InputError(
                "mode: unsupervised needs two passes with dropout, and with adaptation: frozen "
                "sentences are encoded once, without"
            )

    def extra(self, batch: TaskBatch) -> Tensor:
        """The weighted loss; 0 where the batch has no duplicates."""
        from torch.nn import functional

        from mtbert.training.auxiliaries.contrast import of_dropouts, of_duplicates

        contrast = of_duplicates if self.mode == "supervised" else of_dropouts
        cosines, positive, negative = contrast(batch)
        if not len(positive):
            return batch.loss.new_zeros(())
        compared = negative.scatter(1, positive[:, None], value=True)
        logits = (cosines / self.temperature).masked_fill(~compared, float("-inf"))
        return self.weight * functional.cross_entropy(logits, positive)
