"""What claims over groups of rows and over counted events compare with a bound.

Of several effects the least (or the most, or the widest) is picked after the fact. The bound on the
side that all of them must reach needs no correction for that (an intersection-union test, Berger
1982, Technometrics 24); the other side could be reached by any of them, and has Bonferroni's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, sqrt

from mtbert.claims.estimates import LEVEL, Estimate


@dataclass(frozen=True)
class Least:
    """The smallest of several effects."""

    parts: tuple[Estimate, ...]

    @property
    def effect(self) -> float:
        """The estimate."""
        return min(part.effect for part in self.parts)

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Lower and upper bound."""
        strict = _strict(level, self.parts)
        low = min(part.interval(level)[0] for part in self.parts)
        return low, min(part.interval(strict)[1] for part in self.parts)

    def above(self, bound: float) -> float:
        """The p of any of them not above a bound."""
        return max(part.above(bound) for part in self.parts)

    def below(self, bound: float) -> float:
        """The p of none of them below a bound."""
        return _any(part.below(bound) for part in self.parts)


@dataclass(frozen=True)
class Most:
    """The largest of several effects."""

    parts: tuple[Estimate, ...]

    @property
    def effect(self) -> float:
        """The estimate."""
        return max(part.effect for part in self.parts)

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Lower and upper bound."""
        strict = _strict(level, self.parts)
        high = max(part.interval(level)[1] for part in self.parts)
        return max(part.interval(strict)[0] for part in self.parts), high

    def above(self, bound: float) -> float:
        """The p of none of them above a bound."""
        return _any(part.above(bound) for part in self.parts)

    def below(self, bound: float) -> float:
        """The p of any of them not below a bound."""
        return max(part.below(bound) for part in self.parts)


@dataclass(frozen=True)
class Widest:
    """The largest of several effects, whatever their signs; over all pairs of rows, their range."""

    parts: tuple[Estimate, ...]

    @property
    def effect(self) -> float:
        """The estimate."""
        return max(abs(part.effect) for part in self.parts)

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Lower and upper bound."""
        strict = _strict(level, self.parts)
        highs = [max(high, -low) for low, high in (p.interval(level) for p in self.parts)]
        lows = [max(low, -high) for low, high in (p.interval(strict) for p in self.parts)]
        return max(0.0, *lows), max(highs)

    def above(self, bound: float) -> float:
        """The p of none of them above a bound, which any is if it is negative."""
        if bound < 0:
            return 0.0
        return _any(min(part.above(bound), part.below(-bound)) for part in self.parts)

    def below(self, bound: float) -> float:
        """The p of any of them not below a bound."""
        return max(max(part.below(bound), part.above(-bound)) for part in self.parts)


@dataclass(frozen=True)
class Share:
    """A share of events, all runs together, with Wilson's interval (1927, JASA 22).

    Where runs differ by more than chance, events of one run are alike and count for less: their
    number is divided by the design effect (Rao & Scott 1992, Biometrics 48). S runs tell it with
    S − 1 degrees of freedom, so that Student's t stands in the place of the normal quantile. Steps
    of one run that follow each other are alike too, which this does not see: with one run, events
    count as independent.
    """

    events: Mapping[int, tuple[int, int]]  # by seed: how many are of the kind, of how many

    @property
    def effect(self) -> float:
        """The estimate."""
        return sum(hits for hits, _ in self.events.values()) / self.total

    @property
    def total(self) -> int:
        """Number of events."""
        return sum(total for _, total in self.events.values())

    @property
    def weight(self) -> float:
        """Number of independent events that these are worth."""
        share, runs = self.effect, len(self.events)
        if runs < 2 or share in (0, 1):
            return self.total
        excess = sum((hits - total * share) ** 2 / total for hits, total in self.events.values())
        return self.total / max(1.0, excess / (runs - 1) / (share * (1 - share)))

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Lower and upper bound."""
        from scipy.special import stdtrit

        z = float(stdtrit(self._freedom, (1 + level) / 2))
        share, count = self.effect, self.weight
        middle = (share + z * z / (2 * count)) / (1 + z * z / count)
        reach = sqrt(share * (1 - share) / count + z * z / (4 * count**2)) * z / (1 + z * z / count)
        return max(0.0, middle - reach), min(1.0, middle + reach)

    def above(self, bound: float) -> float:
        """The p of a share not above a bound between 0 and 1."""
        return self._chance((bound - self.effect) / sqrt(bound * (1 - bound) / self.weight))

    def below(self, bound: float) -> float:
        """The p of a share not below a bound between 0 and 1."""
        return self._chance((self.effect - bound) / sqrt(bound * (1 - bound) / self.weight))

    def _chance(self, distance: float) -> float:
        from scipy.special import stdtr

        return min(1.0, 2 * float(stdtr(self._freedom, distance)))

    @property
    def _freedom(self) -> float:
        """Of the design effect; with one run there is none, and the quantile is the normal one."""
        return len(self.events) - 1 or inf


def _strict(level: float, parts: tuple[Estimate, ...]) -> float:
    return 1 - (1 - level) / len(parts)


def _any(values: Iterable[float]) -> float:
    """Bonferroni's p of several."""
    found = list(values)
    return min(1.0, len(found) * min(found))
