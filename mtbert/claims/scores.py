"""Scores of a task as functions of sums over examples, so that all draws are one matrix product."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Below this share of the whole spread a draw's predictions count as constant.
FLAT = 1e-12


@dataclass(frozen=True)
class Score:
    """A score in two steps: columns to be summed over examples, and the score from their sums.

    `columns`: labels (example,) and predictions (run, example) → (example, column).
    `value`: means of the columns (draw, column) and the number of runs → (draw, run).
    """

    columns: Callable[[np.ndarray, np.ndarray], np.ndarray]
    value: Callable[[np.ndarray, int], np.ndarray]
    less_is_better: bool = False


def _right(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return np.asarray((predictions == labels).T, dtype=float)


def _squares(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return np.asarray((predictions - labels).T ** 2)


def _mean(means: np.ndarray, _runs: int) -> np.ndarray:
    return means


def _moments(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    y, p = _standard(labels[None]).T, _standard(predictions).T
    return np.hstack([y, y**2, p, p**2, p * y])


def _standard(values: np.ndarray) -> np.ndarray:
    """Centre and scale each run's values; a constant becomes 0 exactly."""
    shifted = values - values[:, :1]
    centred = shifted - shifted.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    return np.asarray(np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0))


def _pearson(means: np.ndarray, runs: int) -> np.ndarray:
    """Pearson's r; a constant correlates with nothing: 0."""
    y, yy, p, pp, py = np.split(means, [1, 2, 2 + runs, 2 + 2 * runs], axis=1)
    spread = (yy - y**2) * (pp - p**2)
    defined = spread > FLAT
    return np.asarray(np.where(defined, (py - p * y) / np.sqrt(np.where(defined, spread, 1)), 0.0))


def _classes(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """For each class and run: whether both name it, and how many of the two do."""
    named = np.union1d(labels, predictions)
    return _named(labels, predictions, named)


def _one(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return _named(labels, predictions, np.ones(1))


def _named(labels: np.ndarray, predictions: np.ndarray, classes: np.ndarray) -> np.ndarray:
    actual = (labels[None] == classes[:, None])[:, None]  # (class, 1, example)
    predicted = predictions[None] == classes[:, None, None]  # (class, run, example)
    both = np.stack([actual & predicted, actual.astype(int) + predicted])
    return np.asarray(both.reshape(-1, labels.size).T, dtype=float)


def _f1(means: np.ndarray, runs: int) -> np.ndarray:
    """F1 averaged over the classes that are named or predicted; 0 where there is none."""
    both, either = means.reshape(len(means), 2, -1, runs).swapaxes(0, 1)
    occurs = either > 0
    each = np.divide(2 * both, either, out=np.zeros_like(both), where=occurs)
    return np.asarray(each.sum(axis=1) / np.maximum(occurs.sum(axis=1), 1))


SCORES = {
    "accuracy": Score(_right, _mean),
    "macro_f1": Score(_classes, _f1),
    "f1": Score(_one, _f1),
    "pearson": Score(_moments, _pearson),
    "mse": Score(_squares, _mean, less_is_better=True),
}
