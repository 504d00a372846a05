"""Standard errors by hand, and scores on draws that are the metrics' own."""

from math import inf, isnan, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import f1_score

from mtbert.claims.estimates import Estimate, estimate, share
from mtbert.claims.scores import Evidence


def test_seeds_alone_are_a_t_test():
    """Draws that say nothing of the examples leave the t-test of the seeds' effects."""
    effects = np.array([0.02, 0.03, 0.07])
    result = estimate(np.tile(effects, (11, 1)), (1, 2, 3))
    plain = stats.ttest_1samp(effects, 0.01, alternative="greater")
    assert (result.effect, result.df) == (pytest.approx(0.04), pytest.approx(2))
    assert result.above(0.01) == pytest.approx(plain.pvalue)
    low, high = result.interval(0.95)
    assert (low, high) == pytest.approx(stats.ttest_1samp(effects, 0).confidence_interval())


def test_examples_that_all_seeds_share_are_added_once():
    """Draws that move both seeds alike: their variance joins that of the seeds."""
    moves = np.array([-0.02, 0.0, 0.02])
    effects = np.array([[0.03, 0.05], *([0.03 + m, 0.05 + m] for m in moves)])
    result = estimate(effects, (1, 2))
    between, shared = np.var([0.03, 0.05], ddof=1) / 2, np.var(moves, ddof=1)
    assert result.se == pytest.approx(sqrt(between + shared))
    assert result.df == pytest.approx((between + shared) / between)


def test_the_level_that_holms_method_asks_for_is_kept():
    """Five seeds of no effect, a variance of 0.2 between them, and one of 0.02 that they share."""
    random, moves = np.random.default_rng(0), np.array([[-0.1], [0.1]])
    draws = np.tile(moves, (1, 5))  # their variance, with Bessel's correction, is 0.02
    effects = random.normal(size=(20_000, 5)) + sqrt(0.02) * random.normal(size=(20_000, 1))
    wrong = [estimate(np.vstack([own, own + draws]), (1, 2, 3, 4, 5)).above(0) for own in effects]
    # The square of the ratio, as Welch and Satterthwaite have it, gives 1.6 and 1.0 %.
    assert np.mean(np.array(wrong) < 0.01) < 0.0125
    assert np.mean(np.array(wrong) < 0.005) < 0.007


def test_one_seed_has_the_examples_alone():
    draws = np.array([[0.1], [0.0], [0.2]])
    assert estimate(draws, (1,)) == Estimate(
        pytest.approx(0.1), pytest.approx(np.std([0.0, 0.2], ddof=1)), inf, (1,)
    )


def test_no_variance_and_no_number_give_no_p():
    alike = estimate(np.zeros((5, 3)), (1, 2, 3))
    assert all(map(isnan, (alike.se, alike.above(0), alike.interval(0.9)[0])))
    assert isnan(estimate(np.full((5, 3), np.nan), (1, 2, 3)).effect)


def test_a_share_without_any_event_is_not_certain():
    result = share({1: (0, 40), 2: (0, 60)}, 0.05)
    assert result.effect == 0
    assert result.se == pytest.approx(sqrt(0.05 * 0.95 / 100))


def test_one_run_has_a_share_and_no_interval():
    result = share({1: (3, 40)}, 0.05)
    assert (result.effect, result.seeds) == (3 / 40, (1,))
    assert isnan(result.se)


def test_scores_are_those_of_scikit_learn_and_scipy_on_equal_draws():
    random = np.random.default_rng(1)
    labels, classes = random.normal(size=50), random.integers(0, 2, 50)
    answers = {
        "sts": {"label": labels, "a-1": labels + 1, "b-1": random.normal(size=50)},
        "sst": {"label": classes, "a-1": classes, "b-1": random.integers(0, 2, 50)},
        "para": {"label": classes, "a-1": classes, "b-1": 1 - classes},
    }
    evidence = Evidence(
        {t: pd.DataFrame(own) for t, own in answers.items()}, pd.DataFrame(), draws=20
    )
    assert evidence.scores("a", "sts", (1,))[:, 0] == pytest.approx(np.ones(21))
    expected = stats.pearsonr(labels, answers["sts"]["b-1"]).statistic
    assert evidence.scores("b", "sts", (1,))[0, 0] == pytest.approx(expected)
    macro = f1_score(classes, answers["sst"]["b-1"], average="macro")
    assert evidence.scores("b", "sst_macro_f1", (1,))[0, 0] == pytest.approx(macro)
    assert evidence.scores("b", "para", (1,))[:, 0] == pytest.approx(np.zeros(21))
    assert evidence.scores("a", "leaderboard", (1,))[:, 0] == pytest.approx(np.ones(21))
    sst, sts = (evidence.scores("b", task, (1,)) for task in ("sst", "sts"))
    assert evidence.scores("b", "mean", (1,)) == pytest.approx((sst + sts) / 3)
