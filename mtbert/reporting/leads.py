"""Which strategy leads in a metric, and which others the evidence cannot tell from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from mtbert.reporting.comparison import ERRORS, Metric, noise, summarize
from mtbert.reporting.results import Strategy
from mtbert.reporting.tables import NONE, Cell, number, spread

RULE = (
    "**Bold** is the best mean of a metric, where it leads every other strategy by more than the "
    "95 % half-width that the dev split's size leaves at its own score, and each of its seeds "
    "beats each of theirs. It is picked after the fact, which flatters the best of many."
)
# The same rule in one sentence.
BOLD = (
    "Bold leads every other strategy by more than its own 95 % half-width, with each of its seeds "
    "ahead of each of theirs."
)
UNDECIDED = "Where nothing is bold, the best cannot be told from:"


@dataclass(frozen=True)
class Lead:
    """The best strategy in a metric, and which others it beats clearly or does not (rivals)."""

    metric: Metric
    best: str  # empty where no strategy has the metric
    width: float | None  # half of the 95 % interval at its score; None where no formula is known
    beaten: tuple[str, ...]
    rivals: tuple[str, ...]

    @property
    def clear(self) -> bool:
        """Whether it beats every other strategy."""
        return bool(self.beaten) and not self.rivals


def lead(strategies: Sequence[Strategy], metric: Metric) -> Lead:
    """Find the leader among the strategies that have a metric."""
    sign = -1 if metric.name in ERRORS else 1
    scores = {
        one.name: [sign * value for value in found]
        for one in strategies
        if (found := one.values(metric.group, metric.name))
    }
    means = {name: fmean(found) for name, found in scores.items()}
    best = max(means, key=means.__getitem__, default="")
    width = next((noise(one, metric) for one in strategies if one.name == best), None)
    beaten = tuple(
        name
        for name, found in scores.items()
        if width is not None
        and means[best] - means[name] > width
        and min(scores[best]) > max(found)
    )
    rivals = tuple(name for name in scores if name != best and name not in beaten)
    return Lead(metric, best, width, beaten, rivals)


def score(one: Strategy, leader: Lead) -> Cell:
    """A strategy's score as a cell, marked where it leads clearly."""
    text = spread(summarize(one.values(leader.metric.group, leader.metric.name)))
    return Cell(text, best=leader.clear and leader.best == one.name)


def plus_minus(leader: Lead) -> str:
    """The noise at the leader's score, as a cell."""
    return NONE if leader.width is None else f"± {number(leader.width)}"


def undecided(leaders: Sequence[Lead]) -> str:
    """Say for each metric without a clear leader which strategies cannot be told from the best."""
    lines = [f"- {_listed(one)}" for one in leaders if one.rivals]
    return "\n".join([UNDECIDED, "", *lines]) if lines else ""


def _listed(one: Lead) -> str:
    others = ", ".join(one.rivals) if one.beaten else "any other"
    unknown = "" if one.width is not None else " (no half-width is known for this metric)"
    return f"{one.metric.title}, best {one.best}: {others}{unknown}"
