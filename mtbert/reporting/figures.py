"""The report's figures of scores and losses."""

from statistics import fmean

from mtbert.reporting.comparison import Metric, noise, summarize
from mtbert.reporting.panels import INK, binned, column, lines, looks, panel
from mtbert.reporting.results import Results


def dots(results: Results, metric: Metric) -> str:
    """One metric of every strategy: a small dot a seed, a bar at the mean, the noise shaded."""
    names = [one.name for one in results.strategies]
    style = looks(results)
    with panel(f"dots-{metric.group}-{metric.name}", 0.55 + 0.26 * len(names)) as (axes, drawn):
        found = summarize(results.baseline.values(metric.group, metric.name))
        width = noise(results.baseline, metric)
        if found is not None and width is not None:
            axes.axvspan(found.mean - width, found.mean + width, color=INK, alpha=0.08, lw=0)
        for row, one in enumerate(results.strategies):
            values, colour = one.values(metric.group, metric.name), style[one.name].colour
            axes.plot(values, [row] * len(values), "o", color=colour, ms=4.5, alpha=0.7, mew=0)
            if values:
                axes.plot([fmean(values)], [row], "|", color=colour, ms=15, mew=2.4)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.grid(axis="x")
        axes.locator_params(axis="x", nbins=5)
    return drawn[0]


def curves(results: Results, task: str) -> str:
    """A task's metric on dev after each epoch: thin lines are seeds, the thick one their mean."""
    metric = results.tasks[task].main_metric
    return lines(
        results,
        f"curve-{task}",
        lambda run: column(run.epochs, "epoch", f"{task}_{metric}"),
        "epoch",
    )


def losses(results: Results, task: str) -> str:
    """A task's training loss over the steps, averaged within bins."""
    return lines(
        results,
        f"loss-{task}",
        lambda run: binned(column(run.steps, "step", f"loss_{task}")),
        "step",
    )
