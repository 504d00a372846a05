"""The terms of a run's losses, and what the run keeps for them."""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from mtbert.training.auxiliaries import AUXILIARIES
from mtbert.training.regularizers import REGULARIZERS
from mtbert.training.task_batch import TaskBatch
from mtbert.training.teacher import Teacher
from mtbert.training.term import Term

WORDS = {kind: word for room in (REGULARIZERS, AUXILIARIES) for word, kind in room.items()}


class Terms:
    """Every task's regularizers and auxiliary losses, in one run."""

    def __init__(
        self, terms: Mapping[str, Sequence[Term]], *, parameters: Mapping[str, nn.Parameter]
    ) -> None:
        """Prepare what they need.

        Args:
            terms: Each task's, in any order.
            parameters: All of the model's, by name.
        """
        self.terms = {task: tuple(some) for task, some in terms.items() if some}
        trainable = {name: p for name, p in parameters.items() if p.requires_grad}
        self.parameters = list(trainable.values())
        taught = any(term.taught for some in self.terms.values() for term in some)
        self.teacher = Teacher(trainable) if taught else None

    def loss(self, task: str, batch: TaskBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """Work out a task's loss with all its terms.

        Args:
            task: Name of the task.
            batch: Its examples in this step.

        Returns:
            The loss, and by its word what each term added, without gradient.
        """
        terms = self.terms.get(task, ())
        attacks = [term for term in terms if term.attacks]
        batch.attacked = bool(attacks)
        batch.parameters = self.parameters
        batch.teacher = self.teacher.weights if self.teacher else None
        total = batch.loss
        parts: dict[str, Tensor] = {}

        def add(some: Sequence[Term]) -> None:
            nonlocal total
            for term in some:
                extra = term.extra(batch)
                parts[WORDS[type(term)]] = extra.detach()
                total = total + extra

        add([term for term in terms if not term.attacks])
        if attacks:
            # They move along the gradient of the plain loss alone, whatever stands beside them.
            total = batch.settle(total)
            add(attacks)
        return total, parts

    def end_step(self, step: int, total: int) -> None:
        """Follow an update of the weights.

        Args:
            step: Number of the step, from 1.
            total: Steps of the run.
        """
        if self.teacher:
            self.teacher.follow(step / total)

    def state_dict(self) -> dict[str, Tensor]:
        """What a resumed run needs, by name."""
        return dict(self.teacher.weights) if self.teacher else {}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on from where a run stood."""
        if self.teacher:
            self.teacher.load(state)
