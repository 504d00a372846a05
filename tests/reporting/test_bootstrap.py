"""Metrics from counts equal scikit-learn's; the bootstrap's width equals a known one."""

from math import sqrt

import numpy as np
import pytest
from sklearn.metrics import f1_score, matthews_corrcoef

from mtbert.reporting.bootstrap import METRICS, f1, half_width, macro_f1, matthews

RANDOM = np.random.default_rng(0)


def counts(actual: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    found = np.zeros((1, classes, classes))
    np.add.at(found[0], (actual, predicted), 1)
    return found


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_metrics_of_counts(classes: int) -> None:
    actual = RANDOM.integers(0, classes, 200)
    predicted = np.where(RANDOM.random(200) < 0.6, actual, RANDOM.integers(0, classes, 200))
    # A class more than there is neither named nor predicted, and counts for nothing.
    found = counts(actual, predicted, classes + 1)
    assert macro_f1(found) == pytest.approx(f1_score(actual, predicted, average="macro"))
    assert matthews(found) == pytest.approx(matthews_corrcoef(actual, predicted))
    if classes == 2:
        assert f1(found) == pytest.approx(f1_score(actual, predicted))


def test_undefined_is_nothing() -> None:
    same = counts(np.zeros(3, int), np.zeros(3, int), 2)
    assert f1(same) == matthews(same) == 0
    assert macro_f1(same) == 1


def test_the_width_is_that_of_a_proportion() -> None:
    """With as many errors of either kind in balanced classes, Matthews is 2 · accuracy − 1."""
    pairs = [(0, 0), (1, 1)] * 160 + [(0, 1), (1, 0)] * 40
    width = 2 * 1.959964 * sqrt(0.8 * 0.2 / 400)
    assert half_width("matthews", pairs, 2) == pytest.approx(width, rel=0.06)
    assert half_width("matthews", pairs, 2) == half_width("matthews", pairs, 2)


@pytest.mark.parametrize(
    "pairs",
    [
        [(0, 0), (1, 1)] * 20,  # without an error
        [(0, 0)] * 30 + [(1, 0)] * 10,  # one answer to all
        [(0, 0)] * 40,
    ],
)
def test_where_all_draws_are_alike_there_is_a_width(pairs: list[tuple[int, int]]) -> None:
    for metric in METRICS:
        assert 0 < half_width(metric, pairs, 2) <= 1


def test_a_perfect_score_is_surer_of_more_examples() -> None:
    few, many = ([(0, 0), (1, 1)] * count for count in (20, 2000))
    for metric in METRICS:
        assert half_width(metric, many, 2) < half_width(metric, few, 2) / 20
    # Of 40 examples 40 / 42 are wrong on average, 3 in some 2.5 % of draws: F1 from 38 / 41 to 1.
    assert half_width("f1", few, 2) == pytest.approx(3 / 41 / 2, abs=0.005)
    # Classes that never occur count for nothing.
    assert half_width("macro_f1", few, 5) == half_width("macro_f1", few, 2)
