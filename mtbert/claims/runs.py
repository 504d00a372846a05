"""What a run answered on the dev split, and which runs of several rows form pairs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from mtbert.core.errors import InputError


class UnansweredError(InputError):
    """The runs that there are cannot answer the question; others could."""


@dataclass(frozen=True)
class Answers:
    """Labels and predictions of one task's dev split, both (example,), in the split's order."""

    labels: np.ndarray
    predictions: np.ndarray


@dataclass(frozen=True)
class Run:
    """One strategy trained with one seed."""

    answers: Mapping[str, Answers]  # by task
    conflicts: tuple[int, int] | None = None  # sampled cosines of task gradients: negative, all


Runs = Mapping[int, Run]  # a row's runs, by seed


def common_seeds(rows: Iterable[Runs]) -> tuple[int, ...]:
    """Seeds that every one of some rows was run with, in ascending order."""
    return tuple(sorted(set.intersection(*(set(runs) for runs in rows))))


def stacked(
    rows: Mapping[str, Runs], task: str, seeds: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """One task's labels (example,) and the predictions (row, seed, example).

    Raises:
        UnansweredError: a run lacks the task.
        InputError: a run answered other examples than the first, or fewer than two.
    """
    found = {
        (name, seed): _answers(runs[seed], name, seed, task)
        for name, runs in rows.items()
        for seed in seeds
    }
    labels = next(iter(found.values())).labels
    for (name, seed), one in found.items():
        if not np.array_equal(one.labels, labels):
            raise InputError(
                f"{name}, seed {seed}: {task}: its dev labels differ from those of "
                f"{next(iter(found))[0]}: pairs need the same examples in the same order"
            )
        if one.predictions.shape != labels.shape or len(labels) < 2:
            raise InputError(
                f"{name}, seed {seed}: {task}: expected a prediction for each of two or more dev "
                f"examples, found {one.predictions.shape} for {len(labels)}"
            )
    predictions = np.stack([one.predictions for one in found.values()])
    return labels, predictions.reshape(len(rows), len(seeds), len(labels))


def _answers(run: Run, name: str, seed: int, task: str) -> Answers:
    if task not in run.answers:
        known = ", ".join(run.answers) or "none"
        raise UnansweredError(f"{name}, seed {seed}: no predictions of {task} (found: {known})")
    return run.answers[task]
