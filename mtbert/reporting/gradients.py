"""What tables say of how the tasks' gradients lay to each other: conflicts, cosines, norms."""

from collections.abc import Iterable, Sequence

from mtbert.reporting.comparison import summarize, wilson
from mtbert.reporting.conflicts import Pair
from mtbert.reporting.results import Strategy
from mtbert.reporting.tables import NONE, Table, number, spread, table

TITLE = "How the tasks' gradients lie to each other"
NOTE = (
    "Gradients of the shared parameters, before any balancing, in the steps that were sampled; a "
    "negative cosine is a conflict. Shares are of all seeds, with Wilson's 95 % interval as if "
    "steps were independent, which neighbours are not: it is rather too narrow. Cosines and norms "
    "are means over seeds of each run's mean or median; the ratio is the larger norm to the "
    "smaller one. A step in which one gradient is 0 has no cosine and does not count."
)
CLAIM = (
    "fu-chan reports conflicts in fewer than 5 % of the steps: a claim, which this table does not "
    "judge."
)


def pair_table(strategies: Sequence[Strategy]) -> Table:
    """Strategies and pairs of tasks × conflicts, cosine, norms; none without a sample."""
    rows = [
        _row(one.name, [pair for pair in _pairs(one) if (pair.first, pair.second) == names])
        for one in strategies
        for names in dict.fromkeys((pair.first, pair.second) for pair in _pairs(one))
    ]
    header = ["strategy", "tasks", "steps with a cosine", "negative", "95 % interval"]
    header += ["mean cosine", "median cosine", "norms, larger ÷ smaller"]
    return table("Pairs of tasks: conflicts, cosines, norms", header, rows)


def share(one: Strategy) -> str:
    """A strategy's share of negative cosines, all pairs of tasks together, over its seeds."""
    found = [run.conflicts.share for run in one.runs if run.conflicts is not None]
    return spread(summarize([value for value in found if value is not None]))


def gaps(strategies: Sequence[Strategy]) -> str:
    """Say which strategies have no cosines, and why; empty where all have."""
    silent: dict[str, list[str]] = {}
    for one in strategies:
        if reason := _gap(one):
            silent.setdefault(reason, []).append(one.name)
    return " ".join(f"{reason}: {', '.join(names)}." for reason, names in silent.items())


def _gap(one: Strategy) -> str:
    if any(pair.steps for pair in _pairs(one)):
        return ""
    if len(one.trained) < 2:
        return "A single task, no pair" if one.trained else "Nothing is trained, no gradient"
    known = [run.conflicts.met for run in one.runs if run.conflicts is not None]
    if not known:
        return "Recorded before cosines were"
    if not sum(known):
        return "Tasks never meet in a step, so that there is no cosine"
    return "Tasks meet, but no step with a cosine was sampled (`conflicts_every`)"


def _pairs(one: Strategy) -> list[Pair]:
    return [pair for run in one.runs if run.conflicts is not None for pair in run.conflicts.pairs]


def _row(name: str, seeds: Sequence[Pair]) -> list[str]:
    steps, negative = sum(one.steps for one in seeds), sum(one.negative for one in seeds)
    low, high = wilson(negative / steps, steps) if steps else (None, None)
    return [
        name,
        f"{seeds[0].first} – {seeds[0].second}",
        number(steps),
        number(negative / steps if steps else None),
        f"{number(low)} to {number(high)}" if steps else NONE,
        _mean((one.mean for one in seeds), 3),
        _mean((one.median for one in seeds), 3),
        _mean((one.ratio for one in seeds), 2),
    ]


def _mean(values: Iterable[float | None], digits: int) -> str:
    return spread(summarize([value for value in values if value is not None]), digits)
