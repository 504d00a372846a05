"""An effect over seeds and dev examples with its interval; what decides how wide it must be.

The effect D_s of each seed s varies for two reasons that cross: the seed, and the dev examples,
which all seeds share. With v = Var(D_s) / S over the S seeds, and c the covariance of two seeds'
effects over the draws of the examples, v + c estimates the variance of their mean: v holds the
seeds' own variance and the part of the examples' that falls out anew with each seed, c the part
that all seeds have alike. (Adding the bootstrap's whole variance to v would count the second twice,
resampling seeds and examples together does so as well.) v has only S − 1 degrees of freedom, so
the interval is that of Banerjee (1960, Sankhyā 22), which holds its level whatever their ratio:

    effect ± sqrt(t²(S − 1) v + t²(n − 1) max(c, 0))

and never narrower than the bootstrap's over the examples alone. With one seed v is unknown: then
the interval is that one, and covers the choice of dev examples alone. `mtbert.claims.moderation`
lends effects on one metric each other's variances: v then has more degrees of freedom, and one
seed has a v.

Coverage of the 95 % interval, in percent, and its median half-width, in points, in 1,000 simulated
studies with 300 examples (`python -m tests.claims.simulation`; the model stands there). With one
seed what is to be covered is that seed's own effect over all examples.

| metric | gap | spread of seeds | 1 seed | 3 seeds | 5 seeds |
|---|---|---|---|---|---|
| accuracy | none | none | 94.7 ± 6.3 | 98.0 ± 6.4 | 96.8 ± 4.2 |
| accuracy | none | small | 95.5 ± 6.3 | 98.3 ± 9.9 | 96.4 ± 5.7 |
| accuracy | some | small | 95.2 ± 6.2 | 97.5 ± 9.6 | 96.0 ± 5.7 |
| accuracy | some | large | 95.7 ± 6.2 | 96.5 ± 22.6 | 96.5 ± 12.2 |
| Pearson | none | none | 95.9 ± 2.8 | 98.6 ± 3.0 | 96.5 ± 2.1 |
| Pearson | none | small | 95.8 ± 2.8 | 98.4 ± 3.5 | 97.3 ± 2.3 |
| Pearson | some | small | 95.7 ± 2.7 | 98.5 ± 3.3 | 96.8 ± 2.2 |
| Pearson | some | large | 95.9 ± 2.8 | 97.2 ± 5.7 | 97.0 ± 3.4 |

Simulated beside it, for accuracy, and not taken: over the examples alone, half of the truths at 3
seeds of large spread; seeds resampled with the examples 83 %, with Bessel's correction 85 %; v + c
with one t quantile of Welch's and Satterthwaite's degrees of freedom 92 to 94 % at 3 seeds, 87 to
92 % at 2. Banerjee's has its price where seeds are few and levels strict: with 3 seeds, v has a
quantile of 32 at p = 0.001.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import exp, log, sqrt
from typing import Literal, Protocol

import numpy as np

LEVEL = 0.95
# Smaller p-values are not told apart.
LEAST_P = 1e-12


class Quantity(Protocol):
    """Something estimated that a claim compares with a bound.

    A p is twice that of the one-sided test, at most 1: it is below 1 − level exactly where the
    whole interval of that level lies on the side in question.
    """

    @property
    def effect(self) -> float:
        """The estimate."""

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Its lower and upper bound."""

    def above(self, bound: float) -> float:
        """The p of it not lying above a bound."""

    def below(self, bound: float) -> float:
        """The p of it not lying below a bound."""


@dataclass(frozen=True)
class Prior:
    """What is known beforehand of an effect's variance from seed to seed; nothing by default."""

    freedom: float = 0.0  # degrees of freedom that it is worth (d0)
    variance: float = 0.0  # of one seed's effect (s0²)


@dataclass(frozen=True)
class Estimate:
    """A mean effect over seeds; variances are of that mean."""

    effect: float
    between: float  # from one seed to another (v)
    shared: float  # over the examples, alike for all seeds (c)
    within: float  # over the examples, of the mean of these very seeds
    examples: Mapping[str, int]  # by task
    seeds: tuple[int, ...]
    rows: Mapping[str, float] = field(default_factory=dict)  # weights of the rows' scores
    prior: Prior = Prior()

    @property
    def covers(self) -> Literal["examples", "seeds and examples"]:
        """What the interval allows for."""
        return "seeds and examples" if self._freedom else "examples"

    @property
    def alike(self) -> bool:
        """Whether the runs compared answered alike, so that there is nothing to vary."""
        return not (self.effect or self.between or self.within)

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Lower and upper bound; equal where all runs answered alike."""
        reach = self._reach(1 - level)
        return self.effect - reach, self.effect + reach

    @property
    def p(self) -> float:
        """The p of no effect; below 0.05 exactly where the 95 % interval excludes 0."""
        return self._p(abs(self.effect))

    def above(self, bound: float) -> float:
        """The p of an effect not above a bound, as in `Quantity`."""
        return self._p(self.effect - bound)

    def below(self, bound: float) -> float:
        """The p of an effect not below a bound, as in `Quantity`."""
        return self._p(bound - self.effect)

    def _reach(self, p: float) -> float:
        """Half of the interval of level 1 − p."""
        from scipy.special import stdtrit

        examples, seeds = (
            float(stdtrit(max(freedom, 1), 1 - p / 2)) ** 2 if p < 1 else 0.0
            for freedom in (self._size - 1, self._freedom or 1)
        )
        # What of the examples' variance seeds share is unknown with one of them: at most all.
        shared = self.shared if len(self.seeds) > 1 else self.within
        both = seeds * self._between + examples * shared
        return sqrt(max(both, examples * self.within))

    @property
    def _freedom(self) -> float:
        return len(self.seeds) - 1 + self.prior.freedom

    @property
    def _between(self) -> float:
        """The variance over seeds, its own and the prior's weighed by degrees of freedom."""
        if not self._freedom:
            return 0.0
        own, lent = (len(self.seeds) - 1) * self.between, self.prior.freedom * self.prior.variance
        return (own + lent / len(self.seeds)) / self._freedom

    @cached_property
    def _size(self) -> int:
        return min(self.examples.values())

    def _p(self, distance: float) -> float:
        """The p at which half of the interval is as long as a distance; 1 if that is not above 0.

        Found by halving its logarithm's range, for the length has no inverse in closed form.
        """
        if distance <= 0:
            return 1.0
        low, high = log(LEAST_P), 0.0
        while high - low > 1e-9:
            middle = (low + high) / 2
            low, high = (middle, high) if self._reach(exp(middle)) > distance else (low, middle)
        return exp(high)


def estimate(
    effects: np.ndarray,
    draws: np.ndarray,
    *,
    examples: Mapping[str, int],
    seeds: tuple[int, ...],
    rows: Mapping[str, float] | None = None,
) -> Estimate:
    """Combine the effects of each seed.

    Args:
        effects: Effect of each seed on all examples, (seed,).
        draws: The same on each draw of the examples, (draw, seed).
        examples: Number of examples of each task.
        seeds: The seeds.
        rows: Weights of the rows' scores, of an effect that is a sum of such.
    """
    covariance = np.atleast_2d(np.cov(draws, rowvar=False))
    count = len(seeds)
    several = count > 1
    apart = (covariance.sum() - np.trace(covariance)) / (count * (count - 1)) if several else 0.0
    return Estimate(
        effect=float(effects.mean()),
        between=float(effects.var(ddof=1)) / count if several else 0.0,
        shared=max(0.0, float(apart)),
        within=float(covariance.mean()),
        examples=dict(examples),
        seeds=seeds,
        rows=dict(rows or {}),
    )
