"""Effects over paired seeds: exact where they must be, and as wide as theory says."""

from math import sqrt

import numpy as np
import pytest
from scipy.stats import t

from mtbert.claims.estimates import Estimate
from mtbert.claims.paired import contrast, delta_m, differences, effect, pairwise
from mtbert.claims.resampling import METRICS, resample
from mtbert.claims.runs import Answers, Run, Runs
from mtbert.core.errors import InputError

SIZES = {"sst": 300, "para": 400, "sts": 200}
RANDOM = np.random.default_rng(0)
GOLD = {
    "sst": RANDOM.integers(0, 5, 300).astype(float),
    "para": RANDOM.integers(0, 2, 400).astype(float),
    "sts": RANDOM.uniform(0, 5, 200),
}


def run(seed: int, skill: float) -> Run:
    """A run that is right with a probability, and rates similarity the better."""
    random, answers = np.random.default_rng([seed, int(100 * skill)]), {}
    for task, gold in GOLD.items():
        if task == "sts":
            found = skill * gold + random.normal(size=len(gold))
        else:
            wrong = (gold + 1) % (5 if task == "sst" else 2)
            found = np.where(random.random(len(gold)) < skill, gold, wrong)
        answers[task] = Answers(gold, found)
    return Run(answers)


def row(skill: float, seeds: tuple[int, ...] = (1, 2, 3)) -> Runs:
    return {seed: run(seed, skill) for seed in seeds}


GOOD, BAD = row(0.8), row(0.7)


def binary(right: list[int]) -> Runs:
    return {1: Run({"sst": Answers(np.ones(len(right)), np.array(right, dtype=float))})}


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("seeds", [(1,), (1, 2, 3)])
def test_identical_predictions_differ_by_nothing(metric: str, seeds: tuple[int, ...]) -> None:
    same = effect(row(0.8, seeds), row(0.8, seeds), metric, draws=50)
    assert (same.effect, same.interval(), same.p) == (0.0, (0.0, 0.0), 1.0)


@pytest.mark.parametrize("metric", METRICS)
def test_swapping_negates(metric: str) -> None:
    one, other = effect(GOOD, BAD, metric, draws=200), effect(BAD, GOOD, metric, draws=200)
    low, high = one.interval()
    assert other.effect == -one.effect
    assert other.interval() == pytest.approx((-high, -low), abs=1e-12)
    assert other.p == pytest.approx(one.p)
    assert other.above(0.01) == pytest.approx(one.below(-0.01))


def test_the_order_of_seeds_is_nothing() -> None:
    turned = dict(reversed(GOOD.items()))
    assert effect(turned, BAD, "mean", draws=200) == effect(GOOD, BAD, "mean", draws=200)


def test_only_seeds_in_common_are_paired() -> None:
    more = effect({**GOOD, 9: run(9, 0.1)}, {**BAD, 8: run(8, 0.1)}, "sst", draws=200)
    assert more == effect(GOOD, BAD, "sst", draws=200)
    with pytest.raises(InputError, match="no seed that all of these were run with: one, base"):
        effect(row(0.8, (1,)), row(0.7, (2,)), "sst")


def test_one_seed_is_mcnemars_variance() -> None:
    """Var = (b + c − (b − c)² / n) / n², where b of n are right for one alone, c for the other."""
    n, b, c = 500, 60, 40
    one = binary([1] * b + [0] * c + [1] * 300 + [0] * 100)
    base = binary([0] * b + [1] * c + [1] * 300 + [0] * 100)
    found = effect(one, base, "sst")
    error = sqrt(b + c - (b - c) ** 2 / n) / n
    assert found.effect == pytest.approx(0.04)
    assert sqrt(found.within) == pytest.approx(error, rel=0.02)
    assert found.interval()[1] == pytest.approx(0.04 + 1.9647 * error, rel=0.01)
    assert found.p == pytest.approx(2 * t.sf(0.04 / error, n - 1), rel=0.15)
    assert found.covers == "examples"


def test_variances_of_several_seeds_by_hand() -> None:
    """Each seed's gain is on examples of its own: nothing is shared, and seeds differ."""
    base = {seed: Run({"sst": Answers(np.ones(400), np.zeros(400))}) for seed in (1, 2)}
    one = {}
    for seed, (start, count) in {1: (0, 40), 2: (200, 80)}.items():
        right = np.zeros(400)
        right[start : start + count] = 1
        one[seed] = Run({"sst": Answers(np.ones(400), right)})
    found = effect(one, base, "sst")
    assert found.effect == pytest.approx(0.15)
    assert found.between == pytest.approx(0.005 / 2)  # (0.2 − 0.1)² / 2, over two seeds
    assert found.shared == 0.0  # their covariance is negative: −0.1 · 0.2 / 400
    spread = (0.1 * 0.9 + 0.2 * 0.8 - 2 * 0.1 * 0.2) / 400 / 4
    assert found.within == pytest.approx(spread, rel=0.03)
    assert found.interval()[1] - found.effect == pytest.approx(12.706 * sqrt(0.0025), rel=1e-3)


def test_overall_scores_weigh_independent_tasks() -> None:
    parts = {task: effect(GOOD, BAD, task, draws=4000) for task in SIZES}
    for metric, weights in {
        "mean": (1 / 3, 1 / 3, 1 / 3),
        "leaderboard": (1 / 3, 1 / 3, 1 / 6),
    }.items():
        found = effect(GOOD, BAD, metric, draws=4000)
        pairs = list(zip(weights, parts.values(), strict=True))
        assert found.effect == pytest.approx(sum(w * part.effect for w, part in pairs))
        assert found.within == pytest.approx(sum(w * w * part.within for w, part in pairs), rel=0.1)
        assert found.examples == SIZES


def test_pearsons_variance_is_fishers() -> None:
    """Of a normal pair, atanh(r) has the variance 1 / (n − 3); a constant is a fixed 0."""
    random = np.random.default_rng(1)
    gold = random.normal(size=2000)
    close = Run({"sts": Answers(gold, gold + random.normal(size=2000))})
    flat = Run({"sts": Answers(gold, np.full(2000, 2.5))})
    found = effect({1: close}, {1: flat}, "sts", draws=4000)
    r = found.effect
    assert r == pytest.approx(sqrt(0.5), abs=0.03)
    assert sqrt(found.within) == pytest.approx((1 - r**2) / sqrt(1997), rel=0.06)


@pytest.mark.parametrize("seeds", [1, 3])
def test_p_and_interval_agree(seeds: int) -> None:
    one = Estimate(0.02, 2e-5 * (seeds > 1), 4e-5, 6e-5, {"sst": 500}, tuple(range(seeds)))
    for level in (0.8, 0.95, 0.999):
        low, high = one.interval(level)
        assert one.above(low) == pytest.approx(1 - level, rel=1e-6)
        assert one.below(high) == pytest.approx(1 - level, rel=1e-6)
    assert one.above(0.03) == one.below(0.01) == 1.0
    assert one.p == one.above(0)


def test_contrasts_of_rows_on_the_same_draws() -> None:
    rows = {"a": GOOD, "b": BAD, "c": row(0.6)}
    scored = resample(rows, METRICS["sst"], draws=300)
    chained = contrast(scored, {"a": 1, "c": -1}).effect
    ab, bc = (contrast(scored, {x: 1, y: -1}).effect for x, y in ("ab", "bc"))
    assert chained == pytest.approx(ab + bc)
    assert contrast(scored, {"a": 1, "b": -2, "c": 1}).effect == pytest.approx(ab - bc)
    assert [d.effect for d in pairwise(rows, ("a", "b", "c"), "sst", draws=300)] == pytest.approx(
        [ab, chained, bc]
    )
    found = differences(rows, ("a",), ("b", "c"), "sst", draws=300)
    assert [d.effect for d in found] == pytest.approx([ab, chained])


def test_delta_m_by_hand() -> None:
    """Accuracy from 0.8 to 0.6 is −25 %, squared error from 2 to 1 is +50 %: +12.5 %."""
    labels = np.tile([0.0, 1.0], 50)
    right = {0.6: np.r_[np.ones(60), np.zeros(40)], 0.8: np.r_[np.ones(80), np.zeros(20)]}
    multi = {1: Run({"sst": Answers(np.ones(100), right[0.6]), "sts": Answers(labels, labels + 1)})}
    sst = {1: Run({"sst": Answers(np.ones(100), right[0.8])})}
    sts = {1: Run({"sts": Answers(labels, labels + sqrt(2))}), 2: Run({})}
    scores = {"sst": "accuracy", "sts": "mse"}
    found = delta_m(multi, {"sst": sst, "sts": sts}, scores, draws=2000)
    assert found.effect == pytest.approx(0.125)
    assert found.seeds == (1,)
    # Of the 20 examples that differ: d = −0.2 / 0.8, and 0.8 varies too; by the delta method.
    error = sqrt((0.6 * 0.4 + 0.75**2 * 0.8 * 0.2 - 2 * 0.75 * 0.6 * 0.2) / 100) / 0.8 / 2
    assert sqrt(found.within) == pytest.approx(error, rel=0.06)
    assert delta_m(multi, {"sst": multi}, scores, draws=50).interval() == (0.0, 0.0)


def test_delta_m_needs_a_score_to_be_relative_to() -> None:
    labels = np.arange(9.0)
    good, bad = ({1: Run({"sts": Answers(labels, sign * labels)})} for sign in (1, -1))
    with pytest.raises(InputError, match=r"must be above 0; found -1\.000 of sts"):
        delta_m(good, {"sts": bad})


def test_examples_must_be_the_same() -> None:
    other = {1: Run({"sst": Answers(np.zeros(3), np.ones(3))})}
    with pytest.raises(InputError, match="base, seed 1: sst: its dev labels differ from those of"):
        effect(binary([1, 0, 1]), other, "sst")
    with pytest.raises(InputError, match=r"one, seed 1: no predictions of para \(found: sst\)"):
        effect(binary([1, 0, 1]), binary([1, 1, 1]), "mean")
    with pytest.raises(InputError, match=r"found \(2,\) for 3"):
        effect({1: Run({"sst": Answers(np.ones(3), np.ones(2))})}, binary([1, 0, 1]), "sst")
    with pytest.raises(InputError, match="two or more dev examples"):
        effect(binary([1]), binary([0]), "sst")
