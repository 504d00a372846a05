"""How often verdicts are wrong, simulated: the interval covers, and a boundary is seldom crossed.

An answer of strategy r with seed s to example i is right where m_r + a_i + b_ri + g_rs + e_rsi > 0,
with normal a (difficulty), b (what one strategy finds harder than the other), g (seed; correlated,
for strategies share seeds) and e (chance). Truth is the expected effect over seeds and examples.
"""

from math import sqrt

import numpy as np
import pandas as pd
import pytest

from mtbert.claims.estimates import estimate
from mtbert.claims.scores import Evidence

SHARED, OWN, CHANCE, PAIRED = 1.0, 0.5, 0.7, 0.3
EXAMPLES, WORLDS = 300, 200


def accuracy(mean, spread):
    """Expected accuracy of a strategy over all seeds and examples."""
    from scipy.special import ndtr

    return float(ndtr((0.3 + mean) / sqrt(SHARED**2 + OWN**2 + CHANCE**2 + spread**2)))


def draw(gap, spread, seeds, random):
    """The estimated effect of one made study of two strategies, `gap` apart."""
    common, own = random.normal(size=(1, seeds)), random.normal(size=(2, seeds))
    runs = np.array([gap, 0.0])[:, None] + spread * (sqrt(PAIRED) * common + sqrt(1 - PAIRED) * own)
    hard = SHARED * random.normal(size=EXAMPLES) + OWN * random.normal(size=(2, 1, EXAMPLES))
    chance = CHANCE * random.normal(size=(2, seeds, EXAMPLES))
    right = (0.3 + runs[:, :, None] + hard + chance > 0).astype(float)
    columns = {f"{n}-{s}": right[r, s] for r, n in enumerate("ab") for s in range(seeds)}
    table = pd.DataFrame({"id": range(EXAMPLES), "label": 1.0, **columns})
    evidence = Evidence({"sst": table}, pd.DataFrame(), draws=200)
    named = tuple(range(seeds))
    a, b = (evidence.scores(name, "sst", named) for name in "ab")
    return estimate(a - b, named)


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize(("gap", "spread"), [(0.0, 0.0), (0.15, 0.1), (0.15, 0.3)])
def test_intervals_cover_and_the_tests_keep_their_level(gap, spread, seeds):
    random = np.random.default_rng(seeds)
    truth = accuracy(gap, spread) - accuracy(0.0, spread)
    estimates = [draw(gap, spread, seeds, random) for _ in range(WORLDS)]
    covered = np.mean([low <= truth <= high for low, high in (e.interval(0.95) for e in estimates)])
    # A margin that is exactly the truth: either one-sided test rejects 5 % of the time at most;
    # with 200 worlds, two standard errors above it are 8 %, and below 95 %, 92 %.
    assert covered >= 0.92
    assert np.mean([e.below(truth) < 0.05 for e in estimates]) <= 0.08
    assert np.mean([e.above(truth) < 0.05 for e in estimates]) <= 0.08
