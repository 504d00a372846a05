"""Each task's loss in a step: its objective, and what its terms add."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.packing import TokenBatch
from mtbert.modeling.passes import ForwardPasses, RealTokens
from mtbert.modeling.vectors import VectorBatch
from mtbert.training.auxiliaries import AUXILIARIES
from mtbert.training.batches import Subset, stream
from mtbert.training.objectives.objective import Objective
from mtbert.training.regularizers import REGULARIZERS
from mtbert.training.task_batch import TaskBatch
from mtbert.training.term import Term

TERM_NAMES = {kind: name for name, kind in (REGULARIZERS | AUXILIARIES).items()}


@dataclass(frozen=True)
class TaskData:
    """A trained task's train split, and how it is trained on."""

    labels: Tensor  # (example,) float32, on the device
    bounds: tuple[float, float]  # lowest and highest label
    ids: Sequence[str]  # of the examples
    objective: Objective
    batch_size: int
    terms: Sequence[Term] = ()
    subset: Subset | None = None  # the examples drawn from; None: all
    balanced: bool = False  # whether examples of every class are drawn equally often
    paraphrase_clusters: Tensor | None = None  # number of each sentence's cluster, (example, side)

    @property
    def size(self) -> int:
        """Number of examples drawn from."""
        return len(self.labels) if self.subset is None else self.subset.count

    def batches(self, task: str, *, seed: int, epoch: int) -> Iterator[np.ndarray]:
        """Draw batches without end, as rows of examples (example,): passes in a random order each.

        The order depends on seed, task and epoch alone. The last batch of a pass may be smaller. If
        `balanced`, examples are drawn with replacement, every class that occurs with the same
        probability, and its examples likewise; a pass keeps its length.
        """
        rows = self.rows(task, seed=seed, epoch=epoch)
        for number in count():
            order = self.ordered(rows, stream(seed, task, epoch, number))
            for start in range(0, len(rows), self.batch_size):
                yield order[start : start + self.batch_size]

    def ordered(self, rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Draw one pass over some rows, (example,), in the order of training."""
        if not self.balanced:
            return np.asarray(rows[generator.permutation(len(rows))])
        labels = self.labels.cpu().numpy()[rows]
        _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        probabilities = 1 / (len(counts) * counts[classes])  # (example,)
        return np.asarray(rows[generator.choice(len(rows), len(rows), p=probabilities)])

    def rows(self, task: str, *, seed: int, epoch: int) -> np.ndarray:
        """Give the rows of the examples that an epoch draws from, ascending."""
        size = len(self.labels)
        if self.subset is None:
            return np.arange(size)
        return self.subset.rows(size, seed=seed, task=task, epoch=epoch)

    def loss(self, task: str, *, seed: int) -> Callable[[Tensor, Tensor], Tensor]:
        """Build the objective's loss; class weights are counted over the examples drawn from."""
        return self.objective.build(bounds=self.bounds, targets=self._targets(task, seed))

    def class_weights(self, task: str, *, seed: int) -> Tensor | None:
        """Give the weight of each class in the loss, (class,); None where there are no classes."""
        return self.objective.class_weights(self._targets(task, seed), int(self.bounds[1]) + 1)

    def _targets(self, task: str, seed: int) -> Tensor:
        if self.subset is not None and self.subset.redraw == "never":
            return self.labels[self.rows(task, seed=seed, epoch=0)]
        return self.labels


class TaskLosses:
    """Gives the losses of some of a step's tasks, which `begin_step` sets.

    Tasks without terms go through the model together, in one batch; a task with terms alone, since
    what perturbs it must not reach the others.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        tasks: Mapping[str, TaskData],
        *,
        collate: Callable[[Mapping[str, np.ndarray]], TokenBatch | VectorBatch],
        autocast: Callable[[], AbstractContextManager[Any]],
        seed: int,
    ) -> None:
        """Build the objectives, and a teacher where a term needs it.

        `collate` makes a batch on the device of rows of each task, `autocast` gives the context of
        a forward pass.
        """
        self.model, self.tasks, self.seed = model, tasks, seed
        self.collate, self.autocast = collate, autocast
        self.objectives = {task: data.loss(task, seed=seed) for task, data in tasks.items()}
        self.class_weights = {t: data.class_weights(t, seed=seed) for t, data in tasks.items()}
        self.parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
        teachers = [term.teacher for data in tasks.values() for term in data.terms if term.teacher]
        self.teacher = teachers[0].begin(self.parameters) if teachers else None

    def begin_step(self, step: int, rows: Mapping[str, np.ndarray]) -> None:
        """Set a step's number, from 1, and the rows of its examples, (example,) for each task."""
        self.step, self.rows = step, rows
        self.begin_part(0, 1)
        self.tokens = self.slots = 0  # in the step's batches, without and with padding
        self.added: dict[str, Tensor] = {}  # what each term added, (): {term}_{task}

    def casts_kept(self) -> AbstractContextManager[Any]:
        """Within it a trained weight is cast to bf16 once, not anew in each pass of a step.

        PyTorch keeps casts until the outermost autocast ends. A term's passes share a backward,
        which would sum a weight's gradients in bf16: with terms nothing is kept.
        """
        if any(data.terms for data in self.tasks.values()):
            return nullcontext()
        device = next(iter(self.tasks.values())).labels.device
        return torch.autocast(device.type, enabled=False)

    def begin_part(self, number: int, parts: int) -> None:
        """Take a part of each task's examples, from 0, of so many; one may be empty."""
        sizes = {task: len(rows) for task, rows in self.rows.items()}
        self._places = {
            task: slice(number * size // parts, (number + 1) * size // parts)
            for task, size in sizes.items()
        }

    def share(self, task: str) -> float:
        """Give the part's share of the examples of a task's batch."""
        places = self._places[task]
        return (places.stop - places.start) / len(self.rows[task])

    def __call__(self, tasks: Sequence[str]) -> dict[str, Tensor]:
        """Give each task's loss on the part, ()."""
        plain = [task for task in tasks if not self.tasks[task].terms]
        losses = self._joint_pass(plain) if plain else {}
        losses |= {task: self._with_terms(task) for task in tasks if task not in losses}
        return {task: losses[task] for task in tasks}

    def _joint_pass(self, tasks: Sequence[str]) -> dict[str, Tensor]:
        batch = self._batch(tasks)
        with self.autocast():
            logits = self.model(batch)
        return {
            task: self._objective(task)(
                logits[task].float(), self._of_step(task, self.tasks[task].labels)
            )
            for task in tasks
        }

    def _with_terms(self, task: str) -> Tensor:
        data = self.tasks[task]
        clusters = data.paraphrase_clusters
        batch = TaskBatch(
            passes=ForwardPasses(self.model, self._batch([task]), task),
            objective=self._objective(task),
            labels=self._of_step(task, self.tasks[task].labels),
            regression=data.objective.regression,
            # Rewording the purpose would change the noise.
            generator=stream(self.seed, f"noise of {task}", self.step),
            terms=data.terms,
            parameters=list(self.parameters.values()),
            paraphrase_clusters=None if clusters is None else self._of_step(task, clusters),
            teacher_weights=self.teacher.weights if self.teacher else None,
            autocast=self.autocast,
            own_tokens=partial(self._own_tokens, task) if self.share(task) < 1 else None,
        )
        loss, added = batch.loss_with_terms()
        share = self.share(task)
        for kind, extra in added.items():
            name, part = f"{TERM_NAMES[kind]}_{task}", extra if share == 1 else share * extra
            self.added[name] = self.added[name] + part if name in self.added else part
        return loss

    def _objective(self, task: str) -> Callable[[Tensor, Tensor], Tensor]:
        """The objective; a part's weighted mean such that parts count by their numbers of examples.

        The whole batch's is Σ w(y) loss / Σ w(y), over all its examples.
        """
        objective, weights = self.objectives[task], self.class_weights[task]
        if weights is None or self.share(task) == 1:
            return objective
        each = weights[self.tasks[task].labels[torch.from_numpy(self.rows[task])].long()]
        factor = each[self._places[task]].mean() / each.mean()
        return lambda logits, labels: factor * objective(logits, labels)

    def _own_tokens(self, task: str) -> Tensor:
        """Whether each token of the task's whole batch is one of the part, (token,) bool."""
        batch, places = self.collate({task: self.rows[task]}), self._places[task]
        assert isinstance(batch, TokenBatch), "planning refuses to perturb sentences encoded ahead"
        example = RealTokens(self.model.encoder, batch).example
        own: Tensor = (places.start <= example) & (example < places.stop)
        return own

    def _batch(self, tasks: Sequence[str]) -> TokenBatch | VectorBatch:
        batch = self.collate({task: self.rows[task][self._places[task]] for task in tasks})
        self.tokens, self.slots = self.tokens + batch.tokens, self.slots + batch.slots
        return batch

    def _of_step(self, task: str, values: Tensor) -> Tensor:
        """The values of the part's examples."""
        rows = self.rows[task][self._places[task]]
        return values[torch.from_numpy(rows).to(values.device)]

    def end_step(self, step: int, total: int) -> None:
        """Let the teacher follow the update of a step; of `total` in the run."""
        if self.teacher:
            self.teacher.follow(step, total, epoch_ends=False)

    def state_dict(self) -> dict[str, Any]:
        """Give what a resumed run needs."""
        return self.teacher.state_dict() if self.teacher else {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load what `state_dict` gave."""
        if self.teacher:
            self.teacher.load_state_dict(state)


def read_scalars(*groups: Mapping[str, Tensor]) -> list[dict[str, float]]:
    """Give groups of scalars as numbers, read from the first one's device in one transfer.

    Reading each alone would wait so many times for all that the device has to do.
    """
    scalars = [value.detach() for group in groups for value in group.values()]
    # Without any gradient, the norm lies on the CPU.
    numbers = iter(torch.stack([value.to(scalars[0].device) for value in scalars]).tolist())
    return [{name: next(numbers) for name in group} for group in groups]
