"""Power, by the formulas of a known variance, and variances measured on made runs."""

from math import inf, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from mtbert.claims.claim import Claim
from mtbert.claims.power import Variances, achieved, detectable, family_sizes, measure, power
from mtbert.claims.scores import Evidence
from mtbert.core.params import validate

# Seeds that vary little: the dev examples alone count, of a standard error that is known.
KNOWN = Variances(spread=1e-6, shared=0.01)


def claim(kind, seeds=5, **options):
    plain = {"study": "s", "says": "so", "metric": "mean", "experiments": ["a"], "than": ["b"]}
    return validate(Claim, {**plain, "kind": kind, "seeds": seeds, **options}, where="claim")


@pytest.mark.parametrize(
    ("kind", "margin", "truth", "expected"),
    [
        # Two-sided at 5 %; a difference of 0.03 is three standard errors
        ("greater", None, 0.03, norm.cdf(3 - 1.96)),
        ("greater", 0.01, 0.03, norm.cdf(2 - 1.96)),
        # Two one-sided tests of 5 %: both at once
        ("equal", 0.03, 0.0, 2 * norm.cdf(3 - 1.645) - 1),
        ("not_greater", 0.03, 0.0, norm.cdf(3 - 1.645)),
    ],
)
def test_power_by_the_normal_distribution(kind, margin, truth, expected):
    options = {"margin": margin} if margin else {}
    own = power(claim(kind, **options), KNOWN, truth=truth, family=1)
    assert own == pytest.approx(expected, abs=0.015)


def test_more_seeds_and_fewer_claims_have_more_power():
    spread = Variances(spread=0.012, shared=0.002)
    few, more = (claim("equal", seeds, margin=0.015) for seeds in (5, 8))
    assert power(few, spread, truth=0, family=4) < power(more, spread, truth=0, family=4)
    assert power(more, spread, truth=0, family=4) < power(more, spread, truth=0, family=1)


def test_the_detectable_difference_has_a_power_of_eighty_percent():
    own = detectable(claim("greater", margin=0.01), KNOWN, family=1)
    assert own == pytest.approx(0.01 + 0.01 * (1.96 + norm.ppf(0.8)), abs=0.0011)


@pytest.mark.parametrize(
    ("kind", "margin", "expected"),
    [
        ("greater", 0.01, 0.01 + 0.01 * (2.24 + 0.84)),  # 5 % over two claims and two sides
        ("equal", 0.03, 2 * norm.cdf(3 - 1.96) - 1),
        ("equal", 0.01, 0.0),
        ("not_greater", 0.03, norm.cdf(3 - 1.96)),
    ],
)
def test_the_power_that_the_runs_had(kind, margin, expected):
    own = achieved(claim(kind, margin=margin), se=0.01, df=inf, family=2)
    assert own == pytest.approx(expected, abs=1e-3)


def test_variances_of_made_runs():
    random = np.random.default_rng(0)
    right = {
        f"{name}-{seed}": random.uniform(size=2000) < 0.7 for name in "ab" for seed in range(9)
    }
    table = pd.DataFrame({"label": 1.0, **{key: own.astype(float) for key, own in right.items()}})
    runs = pd.DataFrame([{"strategy": n, "seed": s, "cosines": 0} for n in "ab" for s in range(9)])
    claims = [claim("greater", metric="sst"), claim("greater", metric="para")]
    own = measure(claims, Evidence({"sst": table}, runs, draws=200), "sst")
    # Independent answers: what seeds share is near 0, a pair differs by √2 of one run's error
    assert own.spread == pytest.approx(sqrt(2 * 0.7 * 0.3 / 2000), rel=0.5)
    assert own.shared < own.spread / 2
    assert measure(claims, Evidence({}, runs), "para") is None


def test_the_family_of_a_report_is_its_primary_claims():
    claims = {"a": claim("greater"), "b": claim("greater", seeds=None), "c": claim("greater")}
    assert family_sizes(claims) == {"s": 2}
