"""Scores from sums over examples equal scikit-learn's and SciPy's, with whole weights too."""

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score, f1_score, mean_squared_error

from mtbert.claims.scores import SCORES

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 5, 60).astype(float)
RIGHT = RANDOM.random((3, 60)) < 0.6
GUESSES = np.where(RIGHT, LABELS, RANDOM.integers(0, 5, (3, 60))).astype(float)
COPIES = RANDOM.integers(0, 4, 60)


def scored(name: str, labels: np.ndarray, predictions: np.ndarray, weights: np.ndarray) -> list:
    score = SCORES[name]
    means = weights[None] @ score.columns(labels, predictions) / weights.sum()
    return score.value(means, len(predictions))[0].tolist()


def by_sklearn(name: str, labels: np.ndarray, one: np.ndarray) -> float:
    match name:
        case "accuracy":
            return accuracy_score(labels, one)
        case "macro_f1":
            return f1_score(labels, one, average="macro", zero_division=0)
        case "f1":
            return f1_score(labels == 1, one == 1)
        case "pearson":
            return pearsonr(labels, one).statistic
    return mean_squared_error(labels, one)


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("weights", [np.ones(60), COPIES], ids=["plain", "copies"])
def test_scores_are_sklearns(name: str, weights: np.ndarray) -> None:
    guesses = GUESSES + 0.3 * RANDOM.normal(size=GUESSES.shape) if name in _REAL else GUESSES
    copied = np.repeat(LABELS, weights.astype(int))
    wanted = [by_sklearn(name, copied, np.repeat(one, weights.astype(int))) for one in guesses]
    assert scored(name, LABELS, guesses, weights.astype(float)) == pytest.approx(wanted)


_REAL = ("pearson", "mse")


def test_a_constant_correlates_with_nothing() -> None:
    labels, constant = np.arange(5.0), np.full((1, 5), 0.1)
    assert scored("pearson", labels, constant, np.ones(5)) == [0.0]
    # On a draw, too, that leaves out all that differ.
    nearly = np.array([[0.1, 0.1, 0.1, 0.1, 4.0]])
    assert scored("pearson", labels, nearly, np.array([1.0, 3, 2, 1, 0])) == [0.0]
