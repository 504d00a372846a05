"""How far apart two scores must be to differ: seeds, differences, and the dev set's own noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, sqrt, tanh
from statistics import NormalDist, fmean, stdev
from typing import Any

from mtbert.reporting.results import PRIMARY, Results, Strategy

Z95 = NormalDist().inv_cdf(0.975)
# Weight of the three tasks' noise in the two overall scores, whose formulas `evaluate` states.
WEIGHTS = {
    "mean": {"sst": 1 / 3, "para": 1 / 3, "sts": 1 / 3},
    "leaderboard": {"sst": 1 / 3, "para": 1 / 3, "sts": 1 / 6},
}


@dataclass(frozen=True)
class Metric:
    """A column of the results: a task's metric, or an overall score (group `overall`)."""

    group: str
    name: str
    title: str


@dataclass(frozen=True)
class Summary:
    """Mean over seeds, and their standard deviation where there are two or more."""

    mean: float
    sd: float | None


def main_metrics(results: Results) -> list[Metric]:
    """The metric that each task is judged by, then the overall scores where they are defined."""
    columns = [
        Metric(name, PRIMARY[task.labels.kind], f"{name} {PRIMARY[task.labels.kind]}")
        for name, task in results.tasks.items()
    ]
    overall = [
        Metric("overall", name, name)
        for name in WEIGHTS
        if any("overall" in run.metrics for run in results.runs)
    ]
    return columns + overall


def further_metrics(results: Results, task: str) -> list[Metric]:
    """Every metric of a task that the runs carry, but for counts and baselines."""
    runs = (run.metrics.get(task, {}) for run in results.runs)
    names = dict.fromkeys(name for metrics in runs for name in metrics)
    return [
        Metric(task, name, name.replace("_", " "))
        for name in names
        if name not in ("n", "majority")
    ]


def summarize(values: Sequence[float]) -> Summary | None:
    """Mean and sample standard deviation; None where there is no value."""
    if not values:
        return None
    return Summary(fmean(values), stdev(values) if len(values) > 1 else None)


def difference(one: Strategy, base: Strategy, metric: Metric) -> Summary | None:
    """Mean difference to the baseline over the seeds that both have, and its deviation."""
    theirs = {run.seed: run.metrics.get(metric.group, {}).get(metric.name) for run in base.runs}
    pairs = [
        (run.metrics.get(metric.group, {}).get(metric.name), theirs.get(run.seed))
        for run in one.runs
    ]
    return summarize([a - b for a, b in pairs if a is not None and b is not None])


def half_width(name: str, value: float, n: int) -> float | None:
    """Half of the 95 % interval that n examples leave around a score.

    Accuracy: normal approximation z sqrt(p (1 - p) / n). Pearson: Fisher's transformation,
    atanh(r) ± z / sqrt(n - 3), brought back; half of its length. None where n is too small.
    """
    if name == "accuracy":
        return Z95 * sqrt(value * (1 - value) / n) if n else None
    if name == "pearson" and n > 3:
        centre = atanh(max(-1 + 1e-12, min(1 - 1e-12, value)))
        reach = Z95 / sqrt(n - 3)
        return (tanh(centre + reach) - tanh(centre - reach)) / 2
    return None


def noise(one: Strategy, metric: Metric) -> float | None:
    """Half of the 95 % interval around a strategy's mean score on the dev split.

    An overall score adds up the independent noises of its tasks.
    """
    if metric.group != "overall":
        found = summarize(one.values(metric.group, metric.name))
        return None if found is None else half_width(metric.name, found.mean, examples(one, metric))
    parts = []
    for task, weight in WEIGHTS[metric.name].items():
        if task not in one.tasks:
            return None
        name = PRIMARY[one.tasks[task].labels.kind]
        if (width := noise(one, Metric(task, name, ""))) is None:
            return None
        parts.append(weight * width)
    return sqrt(sum(part**2 for part in parts))


def examples(one: Strategy, metric: Metric) -> int:
    """Dev examples that a metric is computed on."""
    counts: list[Any] = [run.metrics.get(metric.group, {}).get("n", 0) for run in one.runs]
    return max(counts, default=0)
