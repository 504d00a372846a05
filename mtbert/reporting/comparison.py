"""How far apart two scores must be to differ: seeds, differences, and the dev set's own noise."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, sqrt, tanh
from statistics import NormalDist, fmean, stdev
from typing import Any

from mtbert.core.labels import classes
from mtbert.core.tasks import LEADERBOARD
from mtbert.reporting import bootstrap
from mtbert.reporting.results import Results, Strategy

Z95 = NormalDist().inv_cdf(0.975)
# Metrics of which less is better; of every other one more is.
ERRORS = {"mse", "rmse", "msle", "median_absolute_error", "mean_absolute_error"}
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
        Metric(name, task.main_metric, f"{name} {task.main_metric.replace('_', ' ')}")
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

    Accuracy: Wilson's score interval (1927), half of its length is
    z / (1 + z² / n) · sqrt(p (1 - p) / n + z² / (4 n²)). Pearson: Fisher's transformation,
    atanh(r) ± z / sqrt(n - 3), brought back; half of its length. Spearman: the same with
    z sqrt((1 + r² / 2) / (n - 3)) (Bonett & Wright 2000). None where n is too small.

    No score is certain: Wilson's interval has a length at p = 1 too, and a correlation counts as
    ± (1 - 1 / n) at most, since Fisher's has none at 1.
    """
    if name == "accuracy" and n:
        return Z95 / (1 + Z95**2 / n) * sqrt(value * (1 - value) / n + Z95**2 / (4 * n**2))
    if name in ("pearson", "spearman") and n > 3:
        centre = atanh(max(-1 + 1 / n, min(1 - 1 / n, value)))
        wider = 1 + value**2 / 2 if name == "spearman" else 1
        reach = Z95 * sqrt(wider / (n - 3))
        return (tanh(centre + reach) - tanh(centre - reach)) / 2
    return None


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval (1927) around a share of n; its middle is drawn towards a half."""
    middle = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    reach = half_width("accuracy", share, n) or 0.0
    return max(0.0, middle - reach), min(1.0, middle + reach)


def noise(one: Strategy, metric: Metric) -> float | None:
    """Half of the 95 % interval around a strategy's mean score on the dev split.

    An overall score adds up the independent noises of its tasks. Of metrics without a formula it is
    the mean over seeds of what a bootstrap finds.
    """
    if metric.name in bootstrap.METRICS:
        known = [pairs for run in one.runs if (pairs := run.confusion.get(metric.group))]
        count = len(classes(one.tasks[metric.group].labels)) if known else 0
        widths = summarize([bootstrap.half_width(metric.name, pairs, count) for pairs in known])
        return None if widths is None else widths.mean
    if metric.group != "overall":
        found = summarize(one.values(metric.group, metric.name))
        return None if found is None else half_width(metric.name, found.mean, examples(one, metric))
    parts = []
    for task, weight in WEIGHTS[metric.name].items():
        if (width := noise(one, Metric(task, LEADERBOARD[task], ""))) is None:
            return None
        parts.append(weight * width)
    return sqrt(sum(part**2 for part in parts))


def examples(one: Strategy, metric: Metric) -> int:
    """Dev examples that a metric is computed on."""
    counts: list[Any] = [run.metrics.get(metric.group, {}).get("n", 0) for run in one.runs]
    return max(counts, default=0)


def constant(one: Strategy, metric: Metric) -> float | None:
    """The best score of one and the same answer to every dev example, which needs no model.

    Accuracy and macro F1: the commonest label, of share p; the F1 of its class is 2p / (1 + p), of
    the others 0. F1: always the label 1, of share p. A constant correlates with nothing. None where
    it is not known how often each label occurs.
    """
    if metric.name == "accuracy":
        return max(one.values(metric.group, "majority"), default=None)
    if metric.name not in ("macro_f1", "f1"):
        return 0.0
    counts = Counter(
        actual for run in one.runs for actual, _ in run.confusion.get(metric.group, [])
    )
    if not counts:
        return None
    ((_, commonest),) = counts.most_common(1)
    count, of = (counts[1], 1) if metric.name == "f1" else (commonest, len(counts))
    share = count / counts.total()
    return 2 * share / (1 + share) / of
