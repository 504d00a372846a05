"""What regularizers and auxiliary losses have in common: each adds a term to one task's loss.

Contract: `check` refuses a task that does not fit; `extra(batch)` gives the term, weighted, for one
task's batch in one step. Terms stack: a task's loss is that of its objective plus all its terms,
and only then does the balancing see it. They hold no state; what a run keeps for them (a teacher)
is kept by `mtbert.training.terms.Terms`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtbert.core.errors import InputError, located
from mtbert.core.labels import Labels
from mtbert.core.params import Settings
from mtbert.core.registry import spell

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.task_batch import TaskBatch


@dataclass(frozen=True)
class TaskFacts:
    """What a term has to know of a task to say whether it fits."""

    labels: Labels
    siamese: bool  # whether an example is two vectors
    fixed: bool  # whether sentences are encoded once, before training


class Term(Settings, ABC):
    """Adds a term to one task's loss."""

    # Whether it moves along the gradient of the loss by the input embeddings.
    attacks: ClassVar[bool] = False
    # Whether it perturbs tokens, and so needs an encoder that reads them in every step.
    perturbs: ClassVar[bool] = False
    # Whether it has to know which sentences mean the same: `TaskBatch.meaning`.
    compares: ClassVar[bool] = False

    @property
    def taught(self) -> bool:
        """Whether it compares with a running average of the weights."""
        return False

    def check(self, task: TaskFacts) -> None:
        """Refuse what does not fit the task.

        Raises:
            InputError: with the reason.
        """
        if self.perturbs and task.fixed:
            raise InputError(
                "perturbs tokens, and with adaptation: frozen they are read once, before training"
            )

    @abstractmethod
    def extra(self, batch: TaskBatch) -> Tensor:
        """Give what it adds to the task's loss, a number with a gradient."""


def check_duplicates(task: TaskFacts) -> None:
    """Refuse labels that do not tell duplicates, and examples of one vector.

    Raises:
        InputError: with the reason.
    """
    if task.labels.kind != "binary":
        raise InputError(f"needs labels of kind binary, found {task.labels.kind}")
    if not task.siamese:
        raise InputError("needs two vectors: a task on pairs, with encoding: siamese")


def check_terms(room: Mapping[str, type[Term]], terms: Sequence[Term], task: TaskFacts) -> None:
    """Refuse a task's terms that do not fit it, and any kind given twice.

    Args:
        room: Where they are from.
        terms: The task's.
        task: What they have to know of it.

    Raises:
        InputError: with the term's name and the reason.
    """
    kinds = [type(term) for term in terms]
    for term in terms:
        with located(str(spell(room, term)["name"])):
            if kinds.count(type(term)) > 1:
                raise InputError("may stand once")
            term.check(task)
