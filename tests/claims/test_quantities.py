"""The least, the most and the widest of several effects, and shares of events."""

from math import sqrt

import pytest

from mtbert.claims.estimates import Estimate, Quantity
from mtbert.claims.quantities import Least, Most, Share, Widest


def one(effect: float, error: float = 0.005) -> Estimate:
    return Estimate(effect, 0.0, 0.0, error**2, {"sst": 1000}, (1,))


def mirrored(part: Estimate) -> Estimate:
    return one(-part.effect)


PARTS = (one(0.01), one(0.03), one(-0.02))


def test_each_is_the_one_that_it_says() -> None:
    assert Least(PARTS).effect == -0.02
    assert Most(PARTS).effect == 0.03
    assert Widest(PARTS).effect == 0.03
    assert Widest(PARTS[::2]).effect == 0.02


@pytest.mark.parametrize("level", [0.9, 0.95, 0.999])
@pytest.mark.parametrize(
    "quantity",
    [
        Least(PARTS),
        Most(PARTS),
        Widest(PARTS),
        Share({1: (30, 400)}),
        Share({1: (30, 400), 2: (90, 400), 3: (50, 300)}),
    ],
)
def test_p_and_interval_agree(quantity: Quantity, level: float) -> None:
    low, high = quantity.interval(level)
    assert low < quantity.effect < high
    assert quantity.above(low) == pytest.approx(1 - level, rel=1e-5)
    assert quantity.below(high) == pytest.approx(1 - level, rel=1e-5)


def test_most_mirrors_least() -> None:
    low, high = Least(PARTS).interval()
    assert Most(tuple(map(mirrored, PARTS))).interval() == pytest.approx((-high, -low))


def test_of_one_effect_least_and_most_are_itself() -> None:
    for kind in (Least, Most):
        assert kind((PARTS[1],)).interval() == PARTS[1].interval()
        assert kind((PARTS[1],)).above(0.02) == PARTS[1].above(0.02)


def test_all_must_reach_the_near_bound_and_any_the_far_one() -> None:
    part = one(0.0)
    low, high = part.interval()
    assert Least((part, one(0.5))).interval()[0] == low
    # Twice as strict, since either of two could have been the least.
    assert Least((part, one(0.5))).interval()[1] == part.interval(0.975)[1] > high
    assert Widest((part, one(0.001))).interval()[0] == 0.0
    assert Widest((part,)).above(-0.01) == 0.0


def test_wilson_by_hand() -> None:
    """Of 0 in n, the upper bound is z² / (n + z²)."""
    assert Share({1: (0, 100)}).interval() == pytest.approx((0.0, 3.8415 / 103.8415), abs=1e-5)
    z = (0.03 - 0.05) / sqrt(0.05 * 0.95 / 400)
    assert z == pytest.approx(-1.8353, abs=1e-4)
    assert Share({1: (12, 400)}).below(0.05) == pytest.approx(0.0665, abs=1e-4)


def test_runs_that_differ_count_for_less() -> None:
    """Shares 0.1 and 0.3 of 100 each: Σ (20 − 10)² / 100 = 2, over 0.2 · 0.8: a design of 12.5."""
    assert Share({1: (10, 100), 2: (30, 100)}).weight == pytest.approx(200 / 12.5)
    assert Share({1: (20, 100), 2: (20, 100)}).weight == 200
    assert Share({1: (0, 100), 2: (0, 100)}).weight == 200
