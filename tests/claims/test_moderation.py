"""Moderated variances: the prior by hand, what it leaves alone, families of claims that hold."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf, pi, sqrt

import numpy as np
import pytest
from family import World, own, simulate

from mtbert.claims.estimates import Estimate, Prior
from mtbert.claims.moderation import Spread, fit, inverse_trigamma, moderate

WORLDS = 60


def part(variance: float, row: int = 0, *, seeds: int = 3, effect: float = 0.01) -> Estimate:
    """An effect of a row on one that nothing else is compared with."""
    between = variance / seeds if seeds > 1 else 0.0
    rows = {f"a{row}": 1, f"b{row}": -1}
    return Estimate(effect, between, 1e-6, 2e-6, {"sst": 1000}, tuple(range(seeds)), rows)


def parts(count: int = 8) -> list[Estimate]:
    return [part(1e-4 * (1 + row % 4), row) for row in range(count)]


def moderated(some: Sequence[Estimate]) -> list[Estimate]:
    return moderate(some, ["s"] * len(some))


def test_inverse_trigamma_by_hand() -> None:
    assert inverse_trigamma(pi**2 / 6) == pytest.approx(1)
    assert inverse_trigamma(pi**2 / 6 - 1) == pytest.approx(2)
    assert inverse_trigamma(1e-4) == pytest.approx(1e4, rel=1e-3)


@pytest.mark.parametrize("freedom", [4.0, 20.0])
def test_a_known_prior_is_found(freedom: float) -> None:
    """Of 400 variances from s0² d0 / chi²(d0), each seen with two degrees of freedom."""
    random = np.random.default_rng(0)
    true = 0.3 * freedom / random.chisquare(freedom, 400)
    seen = true * random.chisquare(2, 400) / 2
    found = fit([Spread(v, 2, row) for v, row in zip(seen, np.eye(400), strict=True)])
    assert found.variance == pytest.approx(0.3, rel=0.15)
    # Caution takes from d0, more where variances differ little; 4 is 3 to 5.
    assert 0.3 * freedom < found.freedom < 1.3 * freedom


def test_variances_that_differ_by_chance_alone_are_pooled() -> None:
    spreads = [Spread(0.1 + 0.1 * (row % 2), 2, line) for row, line in enumerate(np.eye(10))]
    assert fit(spreads) == Prior(20.0, pytest.approx(0.15))
    assert fit(spreads[:5]) == Prior()
    assert fit([]) == Prior()
    # Ten effects, of which five say all.
    lines = np.eye(10)[:, :5] + np.eye(10)[:, 5:]
    assert fit([Spread(0.1, 2, line) for line in lines]) == Prior()


def test_own_and_lent_variance_are_weighed_by_hand() -> None:
    """(2 · 1e-4 + 6 · 3e-4) / 8 = 2.5e-4 over three seeds, with 8 degrees of freedom: t = 2.306."""
    one = replace(part(1e-4), shared=0.0, within=0.0, prior=Prior(6.0, 3e-4))
    assert one.interval()[1] - one.effect == pytest.approx(2.3060 * sqrt(2.5e-4 / 3), rel=1e-4)
    single = replace(part(0.0, seeds=1), prior=Prior(6.0, 3e-4))
    reach = sqrt(2.4469**2 * 3e-4 + 1.9623**2 * 2e-6)
    assert single.interval()[1] - single.effect == pytest.approx(reach, rel=1e-4)
    assert single.covers == "seeds and examples"


def test_p_and_interval_agree() -> None:
    for one in (moderated(parts())[0], replace(part(0.0, seeds=1), prior=Prior(2.5, 1e-5))):
        for level in (0.8, 0.95, 0.999):
            low, high = one.interval(level)
            assert one.above(low) == pytest.approx(1 - level, rel=1e-6)
            assert one.below(high) == pytest.approx(1 - level, rel=1e-6)


def test_strict_levels_come_within_reach() -> None:
    before, after = parts()[0].interval(0.999), moderated(parts())[0].interval(0.999)
    assert after[1] - after[0] < (before[1] - before[0]) / 3


def test_runs_that_answered_alike_stay_so() -> None:
    same = replace(part(0.0, 9, effect=0.0), shared=0.0, within=0.0)
    *rest, found = moderated([*parts(), same])
    assert rest == moderated(parts())
    assert found == same


def test_what_stands_out_keeps_its_own() -> None:
    wild = part(0.5, 9)
    *rest, found = moderated([*parts(12), wild])
    assert found == wild
    assert all(one.prior.freedom > 0 for one in rest)


def test_one_seed_borrows_and_lends_nothing() -> None:
    *rest, single = moderated([*parts(), part(0.0, 9, seeds=1)])
    assert rest == moderated(parts())
    assert single.prior == rest[0].prior != Prior()


def test_a_comparison_made_twice_counts_once() -> None:
    again = [replace(one, effect=-one.effect, rows=_negated(one)) for one in parts()]
    assert moderated([*parts(), *again])[:8] == moderated(parts())
    # Of another study they are others.
    found = moderate([*parts(), *again], ["s"] * 8 + ["t"] * 8)
    assert found[0].prior.freedom > moderated(parts())[0].prior.freedom


def _negated(one: Estimate) -> dict[str, float]:
    return {row: -weight for row, weight in one.rows.items()}


def test_order_and_sign_are_nothing() -> None:
    first = moderated(parts())[0]
    assert moderated(parts()[::-1])[-1].interval() == pytest.approx(first.interval())
    mirrored = [replace(one, effect=-one.effect, rows=_negated(one)) for one in parts()]
    low, high = first.interval()
    assert moderated(mirrored)[0].interval() == pytest.approx((-high, -low))


@pytest.mark.parametrize("spreads", ["equal", "three"])
@pytest.mark.parametrize("single", [0.0, 0.3])
def test_families_hold(spreads: str, single: float) -> None:
    found = simulate(World(spreads, single=single), worlds=WORLDS, seed=1)
    # Of one world's 65 intervals, those that share rows or a prior miss together: some 15 count.
    slack = 3 * sqrt(0.05 * 0.95 / (15 * WORLDS))
    assert found.held >= 0.95 - slack
    assert found.wrong <= 0.05 + 3 * sqrt(0.05 * 0.95 / WORLDS)
    if single:
        assert found.held_single >= 0.95 - slack


def test_differences_are_found_that_were_not() -> None:
    world = World("equal", gap=0.06)
    before = simulate(world, worlds=20, seed=1, judge=own)
    after = simulate(world, worlds=20, seed=1)
    assert before.power < 0.1
    assert after.power > 0.2


def test_a_prior_that_claims_too_much_is_caught() -> None:
    """Variances that differ, pooled as if they did not: what the simulation is there to see."""

    def pooled(some: Sequence[Estimate], _studies: Sequence[str]) -> list[Estimate]:
        mean = float(np.mean([3 * one.between for one in some]))
        return [replace(one, between=mean / 3, prior=Prior(inf, mean)) for one in some]

    world = World("unstable", spread=0.02)
    found = simulate(world, worlds=WORLDS, seed=1, judge=pooled)
    assert found.wrong > 0.05 + 3 * sqrt(0.05 * 0.95 / WORLDS)
