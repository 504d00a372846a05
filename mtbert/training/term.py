"""Base class of regularizers and auxiliary losses: each adds a term to one task's loss.

Terms stack: a task's loss is that of its objective plus all its terms, and the balancing sees the
sum. They hold no state; a teacher is kept by `TaskLosses`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtbert.core.errors import InputError
from mtbert.core.labels import Labels
from mtbert.core.params import Settings
from mtbert.training.averaging.averaging import Averaging

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.task_batch import TaskBatch


@dataclass(frozen=True)
class TaskFacts:
    """What decides whether a term fits a task."""

    labels: Labels
    siamese: bool  # whether an example is two vectors
    fixed: bool  # whether sentences are encoded once, before training


class Term(Settings, ABC):
    """Adds a term to one task's loss."""

    # Whether it moves along the gradient of the loss by the input embeddings.
    attacks: ClassVar[bool] = False
    # Whether it perturbs tokens, and so needs an encoder that reads them in every step.
    perturbs: ClassVar[bool] = False
    # Whether it needs `TaskBatch.paraphrase_clusters`.
    needs_clusters: ClassVar[bool] = False

    @property
    def needs_fp32(self) -> bool:
        """Whether it turns on differences that bf16 rounds away.

        All passes of its task then run in fp32, the clean one included.
        """
        return False

    @property
    def needs_dropout_of(self) -> str:
        """Of what two passes must differ by dropout, `vectors` or `logits`; empty without one."""
        return ""

    @property
    def whole_batch(self) -> bool:
        """Whether it has no meaning on a part of a batch, as where examples are compared."""
        return False

    @property
    def teacher(self) -> Averaging | None:
        """The running average of the weights that it compares with, if any; tasks share one."""
        return None

    def check(self, task: TaskFacts) -> None:
        """Refuse a task that does not fit, with the reason."""
        if self.perturbs and task.fixed:
            raise InputError(
                "perturbs tokens, and with adaptation: frozen they are read once, before training"
            )

    @abstractmethod
    def extra(self, batch: TaskBatch) -> Tensor:
        """Give the weighted term for one task's batch in one step, () with a gradient."""


class DuplicatesTerm(Term):
    """A term on pairs of vectors whose labels say whether they are duplicates."""

    @property
    def whole_batch(self) -> bool:
        """Always: sentences are compared with others of the batch."""
        return True

    def check(self, task: TaskFacts) -> None:
        """Refuse labels that are not binary, and examples of one vector."""
        if task.labels.kind != "binary":
            raise InputError(f"needs labels of kind binary, found {task.labels.kind}")
        if not task.siamese:
            raise InputError("needs two vectors: a task on pairs, with encoding: siamese")
