"""Metrics against values computed by hand."""

import numpy as np
import pytest

from mtbert.core.labels import METRICS, Binary, Classes, Similarity
from mtbert.evaluation.metrics import overall, score, undefined

SIMILARITY = Similarity(kind="similarity", low=0.0, high=5.0)


def test_classes() -> None:
    scores = score(
        Classes(kind="classes", count=3), np.array([0.0, 0, 1, 2]), np.array([0, 1, 1, 1])
    )
    # F1: class 0 has precision 1, recall 1/2 -> 2/3; class 1 1/3, 1 -> 1/2; class 2 none -> 0.
    assert scores == {
        "accuracy": 0.5,
        "macro_f1": pytest.approx((2 / 3 + 1 / 2) / 3, abs=1e-6),
        # 4 · 2 right − Σ actual · predicted (2·1 + 1·3), over √((16 − 6)(16 − 10)).
        "matthews": pytest.approx(3 / np.sqrt(60), abs=1e-6),
        "majority": 0.5,
        "n": 4,
    }


def test_binary() -> None:
    scores = score(Binary(kind="binary"), np.array([0.0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 0]))
    # Matthews: (1·2 − 1·1) / √(2·2·3·3).
    matthews = pytest.approx(1 / 6, abs=1e-6)
    assert scores == {"accuracy": 0.6, "f1": 0.5, "matthews": matthews, "majority": 0.6, "n": 5}


def test_every_metric_that_a_task_may_be_judged_by_is_there() -> None:
    zero_one = np.array([0.0, 1.0])
    for labels in (Classes(kind="classes", count=2), Binary(kind="binary"), SIMILARITY):
        assert set(METRICS[labels.kind]) <= set(score(labels, zero_one, zero_one))


def test_similarity() -> None:
    actual, predicted = np.array([0.0, 1.0, 2.0, 5.0]), np.array([-1.0, 1.0, 3.0, 5.0])
    scores = score(SIMILARITY, actual, predicted)
    # Deviations from the means 2 and 2: (-2, -1, 0, 3) and (-3, -1, 1, 3).
    assert scores == {
        "pearson": pytest.approx(16 / np.sqrt(14 * 20), abs=1e-6),
        "spearman": 1.0,
        "mse": 0.5,
        "rmse": pytest.approx(0.5**0.5, abs=1e-6),
        "msle": pytest.approx(np.log(4 / 3) ** 2 / 4, abs=1e-6),  # -1 is clipped to 0
        "median_absolute_error": 0.5,
        "mean_absolute_error": 0.5,
        "explained_variance": pytest.approx(1 - 2 / 14, abs=1e-6),
        "r2": pytest.approx(1 - 2 / 14, abs=1e-6),
        "n": 4,
    }


@pytest.mark.parametrize("predicted", [[2.0, 2.0, 2.0], [1.0]])
def test_correlation_with_a_constant_is_undefined(predicted: list[float]) -> None:
    actual = np.arange(len(predicted), dtype=float)
    scores = score(SIMILARITY, actual, np.array(predicted))
    assert scores["pearson"] is None
    assert scores["spearman"] is None
    assert ("sts", "pearson") in undefined({"sts": scores})
    assert scores["mse"] is not None


def test_overall_has_two_formulas() -> None:
    scores = {"sst": {"accuracy": 0.5}, "para": {"accuracy": 0.8}, "sts": {"pearson": 0.6}}
    assert overall(scores) == {"mean": 0.633333, "leaderboard": 0.7}


def test_overall_needs_all_three_tasks() -> None:
    assert overall({"sst": {"accuracy": 0.5}, "para": {"accuracy": 0.8}}) is None
    # A task of that name but of another kind is not the leaderboard's.
    binary = {"accuracy": 0.5}
    assert overall({"sst": binary, "para": binary, "sts": binary}) is None


def test_overall_of_an_undefined_metric_is_undefined() -> None:
    scores = {"sst": {"accuracy": 0.5}, "para": {"accuracy": 0.8}, "sts": {"pearson": None}}
    assert overall(scores) == {"mean": None, "leaderboard": None}
