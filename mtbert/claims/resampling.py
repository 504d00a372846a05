"""Scores of several rows on the same draws of the dev examples.

Bayesian bootstrap (Rubin 1981, The Annals of Statistics 9): a draw gives each example a weight from
the exponential distribution where Efron's (1979) gives it a whole number of copies. Both have the
same variance up to 1 / n, this one is several times as fast, and no draw is without a class or
without spread. One draw of weights serves all rows and all seeds: the comparison is paired.

Examples on which all runs agree in the same way share one weight, drawn from the distribution of
their sum, gamma with their number as its shape: the same draws for a fraction of the work.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mtbert.claims.runs import Runs, UnansweredError, common_seeds, stacked
from mtbert.claims.scores import SCORES
from mtbert.core.tasks import LEADERBOARD

DRAWS = 10_000
# Weights held in memory at once.
BLOCK = 2**22


@dataclass(frozen=True)
class Part:
    """A task's score as a part of a metric."""

    task: str
    score: str  # of SCORES
    weight: float = 1.0


def _parts(**weights: float) -> tuple[Part, ...]:
    return tuple(Part(task, LEADERBOARD[task], weight) for task, weight in weights.items())


# What rows are compared by. In a difference the leaderboard's constant 1 / 6 cancels.
METRICS = {
    "sst": _parts(sst=1),
    "para": _parts(para=1),
    "sts": _parts(sts=1),
    "mean": _parts(sst=1 / 3, para=1 / 3, sts=1 / 3),
    "leaderboard": _parts(sst=1 / 3, para=1 / 3, sts=1 / 6),
    "sst_macro_f1": (Part("sst", "macro_f1"),),
    "para_f1": (Part("para", "f1"),),
}


@dataclass(frozen=True)
class Resampled:
    """A metric of several rows: as measured, and on each draw of the dev examples."""

    values: dict[str, np.ndarray]  # by row: (seed,)
    draws: dict[str, np.ndarray]  # by row: (draw, seed)
    examples: dict[str, int]  # by task
    seeds: tuple[int, ...]


def resample(rows: Mapping[str, Runs], parts: tuple[Part, ...], *, draws: int = DRAWS) -> Resampled:
    """Score rows on the seeds they have in common; tasks are drawn independently of each other.

    Raises:
        UnansweredError: they have no seed in common, or lack a task.
        InputError: they answered different examples.
    """
    seeds = common_seeds(rows.values())
    if not seeds:
        raise UnansweredError(f"no seed that all of these were run with: {', '.join(rows)}")
    values, drawn = np.zeros((len(rows), len(seeds))), np.zeros((len(rows), draws, len(seeds)))
    examples = {}
    for part in parts:
        labels, predictions = stacked(rows, part.task, seeds)
        own, own_draws = _scored(labels, predictions.reshape(-1, len(labels)), part, draws)
        values += part.weight * own.reshape(values.shape)
        drawn += part.weight * own_draws.reshape(draws, *values.shape).swapaxes(0, 1)
        examples[part.task] = len(labels)
    return Resampled(
        dict(zip(rows, values, strict=True)), dict(zip(rows, drawn, strict=True)), examples, seeds
    )


def _scored(
    labels: np.ndarray, predictions: np.ndarray, part: Part, draws: int
) -> tuple[np.ndarray, np.ndarray]:
    """A task's score of each run, (run,), and its draws, (draw, run)."""
    # Runs with the same answers share their arithmetic, so that they differ by 0 exactly.
    distinct, place = np.unique(predictions, axis=0, return_inverse=True)
    score, place = SCORES[part.score], place.ravel()
    columns, sizes = _patterns(score.columns(labels.astype(float), distinct.astype(float)))
    value = score.value(sizes[None] @ columns / sizes.sum(), len(distinct))[0]
    # A stream of its own for each task, whichever tasks are drawn beside it.
    random = np.random.default_rng(list(part.task.encode()))
    blocks, size = [], max(1, BLOCK // len(sizes))
    for start in range(0, draws, size):
        weights = random.standard_gamma(sizes, (min(size, draws - start), len(sizes)))
        means = weights @ columns / weights.sum(axis=1, keepdims=True)
        blocks.append(score.value(means, len(distinct)))
    return value[place], np.concatenate(blocks)[:, place]


def _patterns(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different rows of a table, in the order of their first occurrence, and their numbers."""
    _, first, sizes = np.unique(columns, axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)
    return columns[first[order]], sizes[order].astype(float)
