"""Each task's loss in a step: its objective, and what its terms add."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mtbert.training.batches import stream
from mtbert.training.settings import TrainingSettings
from mtbert.training.task_batch import Passes, TaskBatch
from mtbert.training.terms import Terms


@dataclass(frozen=True)
class TaskData:
    """A task's train split, as the loop needs it."""

    labels: Tensor  # (example,) float32, on the device
    bounds: tuple[float, float]  # lowest and highest label
    ids: Sequence[str]  # of the examples
    # Number of the set of sentences known to mean the same, (example, side); where a term asks.
    meaning: Tensor | None = None


@dataclass(frozen=True)
class Forward:
    """How batches are made and go through the model."""

    model: Callable[[Any], dict[str, Tensor]]  # a batch to each task's logits, (example, width)
    # Rows of each task to a batch on the device, with `.tokens` (real ones) and `.slots` (with
    # padding).
    collate: Callable[[Mapping[str, np.ndarray]], Any]
    passes: Callable[[Any, str], Passes]  # a batch of one task: the ways to run the model on it
    autocast: Callable[[], AbstractContextManager[Any]]  # the context of a forward pass


@dataclass
class Losses:
    """What a step's balancing asks: give it a step's rows, then call it with some of its tasks.

    Tasks without terms go through the model together, in one batch; a task with terms alone, since
    what perturbs it must not reach the others.
    """

    tasks: Mapping[str, TaskData]
    settings: TrainingSettings
    forward: Forward
    terms: Terms
    seed: int
    step: int = 0
    rows: Mapping[str, np.ndarray] = field(default_factory=dict)
    tokens: int = 0  # real ones in the step's batches, however often they are read
    slots: int = 0  # the same with padding
    parts: dict[str, float] = field(default_factory=dict)  # what each term added: {term}_{task}

    def __post_init__(self) -> None:
        self.objectives = {
            task: self.settings.objectives[task].build(
                bounds=data.bounds, targets=data.labels[self._drawn_from(task)]
            )
            for task, data in self.tasks.items()
        }

    def _drawn_from(self, task: str) -> slice | np.ndarray:
        """Rows that class weights are counted over: those that take part, where they stay."""
        subset = self.settings.examples.get(task)
        if subset is None or subset.redraw != "never":
            return slice(None)
        size = len(self.tasks[task].labels)
        return subset.rows(size, seed=self.seed, task=task, epoch=0)

    def begin(self, step: int, rows: Mapping[str, np.ndarray]) -> None:
        """Take up a step.

        Args:
            step: Its number, from 1.
            rows: Rows of its examples, (example,) for each of its tasks.
        """
        self.step, self.rows = step, rows
        self.tokens = self.slots = 0
        self.parts = {}

    def __call__(self, asked: Sequence[str]) -> dict[str, Tensor]:
        """Give each task's loss, ()."""
        plain = [task for task in asked if task not in self.terms.terms]
        found = self._together(plain) if plain else {}
        found |= {task: self._alone(task) for task in asked if task not in found}
        return {task: found[task] for task in asked}

    def _batch(self, tasks: Sequence[str]) -> Any:
        batch = self.forward.collate({task: self.rows[task] for task in tasks})
        self.tokens, self.slots = self.tokens + batch.tokens, self.slots + batch.slots
        return batch

    def _together(self, tasks: Sequence[str]) -> dict[str, Tensor]:
        batch = self._batch(tasks)
        with self.forward.autocast():
            logits = self.forward.model(batch)
        return {
            task: self.objectives[task](logits[task].float(), self._labels(task)) for task in tasks
        }

    def _alone(self, task: str) -> Tensor:
        meaning = self.tasks[task].meaning
        batch = TaskBatch(
            passes=self.forward.passes(self._batch([task]), task),
            objective=self.objectives[task],
            labels=self._labels(task),
            regression=self.settings.objectives[task].regression,
            generator=stream(self.seed, f"noise of {task}", self.step),
            meaning=None if meaning is None else meaning[self._rows(task)],
            autocast=self.forward.autocast,
        )
        loss, parts = self.terms.loss(task, batch)
        self.parts |= {f"{word}_{task}": float(part) for word, part in parts.items()}
        return loss

    def _labels(self, task: str) -> Tensor:
        return self.tasks[task].labels[self._rows(task)]

    def _rows(self, task: str) -> Tensor:
        return torch.from_numpy(self.rows[task]).to(self.tasks[task].labels.device)
