"""An effect over seeds and dev examples, with its standard error, intervals and tests.

The effect D_s of each of S seeds varies for two reasons that cross: the seed, and the dev examples,
which all seeds share. scipy.stats.bootstrap resamples one of the two (paired=True pairs examples,
and then treats seeds as fixed); so both levels are worked out here:

    seeds      v = Var(D_s) / S, Bessel's correction included: what resampling whole seeds converges
               to, times S / (S − 1). v includes example variance that is independent between seeds.
    examples   draws of the dev examples, with replacement, the same for all seeds and experiments.
               c, the covariance of two seeds' effects over the draws, is what all seeds share; w is
               the variance of their mean.

    se² = max(v + c, w),  df = (S − 1) · se² / v   (c counts as known)

Welch and Satterthwaite square the last ratio. With so few seeds a v that is small by chance then
makes se small and df large at once: at the 0.5 % that Holm's method asks for, twice as many false
verdicts. The plain ratio keeps the levels within a quarter from five seeds on, not with two or
three; where c and w are 0 it is Student's t-test.

Intervals are effect ± t(df) · se. Resampling seeds and examples together and taking percentiles
covers 83 % instead of 95 % at three seeds, and counts the independent part twice.
tests/claims/test_error_rate.py simulates what this gives.
"""

from dataclasses import dataclass
from math import inf, nan, sqrt

import numpy as np


@dataclass(frozen=True)
class Estimate:
    """A mean effect over seeds; se is NaN if the variance is 0."""

    effect: float
    se: float
    df: float
    seeds: tuple[int, ...]

    def interval(self, level: float) -> tuple[float, float]:
        """Lower and upper bound."""
        from scipy.stats import t

        reach = float(t.ppf((1 + level) / 2, self.df)) * self.se
        return self.effect - reach, self.effect + reach

    def above(self, bound: float) -> float:
        """One-sided p of the effect not lying above a bound."""
        from scipy.stats import t

        return float(t.sf((self.effect - bound) / self.se, self.df))

    def below(self, bound: float) -> float:
        """One-sided p of the effect not lying below a bound."""
        from scipy.stats import t

        return float(t.cdf((self.effect - bound) / self.se, self.df))


def estimate(effects: np.ndarray, seeds: tuple[int, ...]) -> Estimate:
    """Combine the effects of each seed.

    Args:
        effects: (1 + draw, seed): on all examples, then on each draw of them.
        seeds: The seeds.

    Returns:
        With one seed, an estimate that allows for the choice of dev examples alone. If all runs
        predict the same nothing varies: se is NaN, and so is every p.
    """
    measured, draws = effects[0], effects[1:]
    count, mean = len(seeds), float(measured.mean())
    covariance = np.atleast_2d(np.cov(draws, rowvar=False))
    examples = float(covariance.mean())
    if count == 1:
        return Estimate(mean, _root(examples), inf, seeds)
    between = float(measured.var(ddof=1)) / count
    shared = (covariance.sum() - np.trace(covariance)) / (count * (count - 1))
    variance = max(between + max(float(shared), 0.0), examples)
    freedom = (count - 1) * variance / between if between > 0 else inf
    return Estimate(mean, _root(variance), freedom, seeds)


def share(hits: dict[int, tuple[int, int]], bound: float) -> Estimate:
    """The mean over seeds of a share of events; by seed, how many are of the kind, of how many.

    Steps of one run are alike, so a run counts as one observation. Its variance is not below that
    of independent events with a share of `bound`, so that no event at all is not certainty.
    """
    shares = np.array([kind / total for kind, total in hits.values()])
    count, events = len(shares), sum(total for _, total in hits.values())
    between = float(shares.var(ddof=1)) / count if count > 1 else nan
    variance = max(between, bound * (1 - bound) / events)
    return Estimate(float(shares.mean()), _root(variance), max(count - 1, 1), tuple(hits))


def _root(variance: float) -> float:
    """The standard error; NaN if the variance is 0."""
    return sqrt(variance) if variance > 0 else nan
