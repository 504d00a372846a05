"""Power of the test of a primary claim: planned before its runs were made, and as they had it.

The effect over S seeds varies by s²/S + c²: s is the spread of paired differences between seeds, c
the standard error of what all seeds share, the dev examples (`mtbert.claims.estimates`, where its
estimate, degrees of freedom and tests come from). Effects and estimates of s are drawn; power is
the share of draws in which the claim is supported. Holm's method is taken at its strictest, α over
the number of primary claims of a report, so that the power is at least this. Of a claim on several
pairs it is that of one pair, and thus an upper bound.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from math import nan, sqrt

import numpy as np

from mtbert.claims.claim import SCORES, Claim
from mtbert.claims.scores import Evidence, NotTestableError
from mtbert.claims.verdicts import ALPHA, LEVELS, relative_gains
from mtbert.core.params import Settings

TARGET = 0.8  # usual power to plan for
DRAWS = 10_000


class Variances(Settings):
    """Of one report's paired differences in one metric."""

    spread: float  # s, standard deviation between seeds
    shared: float  # c, standard error by the dev examples


def measure(claims: Sequence[Claim], evidence: Evidence, metric: str) -> Variances | None:
    """Pool the variances of a report's primary claims in one metric, as root mean squares.

    Of scores over all pairs of the experiments that these claims name. None if nothing was run with
    two seeds.
    """
    between, shared = [], []
    for effects in _differences(claims, evidence, metric):
        count = effects.shape[1]
        if count < 2 or not np.isfinite(effects).all():
            continue
        between.append(effects[0].var(ddof=1))
        covariance = np.cov(effects[1:], rowvar=False) if len(effects) > 2 else np.zeros((1, 1))
        off = covariance.sum() - np.trace(covariance)
        shared.append(max(off / (count * (count - 1)), 0))
    if not between:
        return None
    return Variances(spread=sqrt(np.mean(between)), shared=sqrt(np.mean(shared)))


def _differences(claims: Sequence[Claim], evidence: Evidence, metric: str) -> Iterator[np.ndarray]:
    """Effects over seeds, (1 + draw, seed)."""
    own = [claim for claim in claims if claim.metric == metric]
    names = dict.fromkeys(name for claim in own for name in claim.all_named)
    for group in combinations(names, 2) if metric in SCORES else [c.all_named for c in own]:
        with suppress(NotTestableError):
            seeds = evidence.seeds(*group)
            if metric == "delta_m":
                for claim in own:
                    yield relative_gains(evidence, claim.experiments[0], claim.single, seeds)
            else:
                first, second = (evidence.scores(name, metric, seeds) for name in group)
                yield first - second


def power(claim: Claim, variances: Variances, *, truth: float, family: int) -> float:
    """Probability that a claim is supported.

    Args:
        claim: A primary claim, not of kind share_below.
        variances: Of its report, in its metric.
        truth: The true difference.
        family: Number of primary claims of its report.
    """
    from scipy.stats import t

    seeds, random = claim.seeds or 0, np.random.default_rng(0)
    s, c, free = variances.spread, variances.shared, seeds - 1
    between = s**2 * random.chisquare(free, DRAWS) / free / seeds
    se = np.sqrt(between + c**2)
    freedom = free * se**2 / between
    level = ALPHA / family / (2 if claim.kind in LEVELS else 1)
    reach = t.ppf(1 - level, freedom) * se
    effect = random.normal(truth, sqrt(s**2 / seeds + c**2), DRAWS)
    match claim.kind:
        case "greater" | "explains":
            supported = effect - reach > (claim.margin or 0)
        case "not_greater":
            supported = effect + reach < (claim.margin or 0)
        case _:
            supported = abs(effect) + reach < (claim.margin or nan)
    return float(supported.mean())


def detectable(claim: Claim, variances: Variances, *, family: int) -> float:
    """The least true difference, in steps of 0.001, at which the power is 0.8; NaN if above 1."""

    def at(step: int) -> float:
        return power(claim, variances, truth=step / 1000, family=family)

    step = bisect_left(range(1001), TARGET, key=at)  # all steps draw the same numbers: it rises
    return step / 1000 if step <= 1000 else nan


def achieved(claim: Claim, *, se: float, df: float, family: int) -> float:
    """The power that a claim's runs had, by their standard error; not for kind share_below.

    Of kinds in `LEVELS` the least true difference that is supported with a probability of 0.8, of
    others the probability that the claim is supported where the true difference is 0.
    """
    from scipy.stats import norm, t

    margin = claim.margin or 0.0
    level = ALPHA / family / (2 if claim.kind in LEVELS else 1)
    reach = float(t.ppf(1 - level, df)) * se
    if claim.kind in LEVELS:
        return margin + reach + float(norm.ppf(TARGET)) * se
    within = float(norm.cdf((margin - reach) / se))
    return within if claim.kind == "not_greater" else max(2 * within - 1, 0.0)


def family_sizes(claims: Mapping[str, Claim]) -> dict[str, int]:
    """By report, the number of primary claims."""
    studies = [claim.study for claim in claims.values() if claim.seeds]
    return {study: studies.count(study) for study in studies}
