"""Intervals against formulas written out, scipy, and draws."""

import tracemalloc
from math import atanh, sqrt, tanh

import numpy as np
import pytest
from scipy.stats import binomtest, pearsonr, t

from mtbert.evaluation.intervals import Z95, bootstrap, fisher, wilson, with_seeds
from mtbert.evaluation.metrics import METRICS, accuracy
from mtbert.evaluation.overall import FORMULAS, overall

RANDOM = np.random.default_rng(0)


def test_wilson():
    exact = binomtest(15, 50).proportion_ci(method="wilson")
    assert wilson(0.3, 50) == pytest.approx((exact.low, exact.high))
    low, high = wilson(1.0, 50)
    assert low == pytest.approx(1 / (1 + Z95**2 / 50))
    assert high == pytest.approx(1)


def test_fisher():
    x = RANDOM.normal(size=40)
    y = x + RANDOM.normal(size=40)
    r = pearsonr(x, y)
    exact = r.confidence_interval()
    assert fisher(r.statistic, 40) == pytest.approx((exact.low, exact.high))
    reach = Z95 * sqrt((1 + 0.25 / 2) / 37)
    expected = (tanh(atanh(0.5) - reach), tanh(atanh(0.5) + reach))
    assert fisher(0.5, 40, ranks=True) == pytest.approx(expected)
    assert fisher(1.0, 40)[0] < 1
    assert np.isnan(fisher(0.5, 3)).all()


def test_the_bootstrap_comes_near_wilson_and_is_narrower_for_pairs():
    actual = np.zeros(400)
    ours, base = (actual + (RANDOM.random(400) < 0.3) for _ in range(2))
    low, high = wilson(accuracy(actual, ours), 400)
    single = bootstrap(accuracy, actual, [ours])
    assert single == pytest.approx((high - low) / 2, rel=0.1)
    assert single == bootstrap(accuracy, actual, [ours])
    # Answers that differ on 10 examples alone
    close = ours.copy()
    close[:10] = 1 - close[:10]
    assert bootstrap(accuracy, actual, [ours], [close]) < single / 2
    unlike = bootstrap(accuracy, actual, [ours], [base])
    assert unlike == pytest.approx(sqrt(2) * single, rel=0.15)


@pytest.mark.parametrize("name", ["f1", "accuracy"])
def test_no_score_is_certain(name):
    actual = np.array([0.0, 1.0] * 20)
    assert METRICS[name].half_width(actual, actual) > 0.01


@pytest.mark.parametrize("actual", [[1.0], [1.0, 1.0, 1.0]])
def test_labels_that_are_all_alike_leave_no_interval(actual):
    labels = np.array(actual)
    for name in ("accuracy", "f1", "matthews"):
        assert np.isnan(METRICS[name].half_width(labels, labels))


def test_a_thousand_classes_need_no_table_of_all_pairs(monkeypatch):
    monkeypatch.setattr("mtbert.evaluation.intervals.DRAWS", 50)
    actual = np.arange(2000.0) % 1000
    tracemalloc.start()
    width = METRICS["macro_f1"].half_width(actual, np.roll(actual, 1))
    assert tracemalloc.get_traced_memory()[1] < 2**27  # a table for each draw: 400 MB
    tracemalloc.stop()
    assert 0 <= width < 0.1


def test_seeds_add_their_own_spread():
    assert with_seeds(0.05, [0.3]) == 0.05
    assert with_seeds(0.05, [0.3, 0.3]) == 0.05
    # Without noise of examples it is Student's interval of the seeds' mean.
    assert with_seeds(0.0, [0.1, 0.2, 0.3]) == pytest.approx(t.ppf(0.975, 2) * 0.1 / sqrt(3))
    assert with_seeds(0.1, [0.1, 0.2, 0.3]) > 0.1


def test_overall_scores_and_their_intervals():
    scores = {"sst": 0.5, "para": 0.8, "sts": 0.6}
    assert overall(scores) == pytest.approx({"mean": 1.9 / 3, "leaderboard": 0.7})
    assert overall({"sst": 0.5, "para": 0.8}) == overall(scores | {"sts": None}) == {}
    widths = {"sst": 0.03, "para": 0.04, "sts": 0.12}
    assert FORMULAS["mean"].half_width(widths) == pytest.approx(0.13 / 3)
    expected = sqrt(0.01**2 + (0.04 / 3) ** 2 + 0.02**2)
    assert FORMULAS["leaderboard"].half_width(widths) == pytest.approx(expected)
