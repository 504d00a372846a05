"""The report's figures of what steps drew, and of how their tasks' gradients lay to each other."""

from mtbert.reporting.mixing import mixing
from mtbert.reporting.panels import INK, Points, binned, lines, looks, mean, panel
from mtbert.reporting.results import Results, Run, Strategy

# Points of a line of cosines; single steps scatter widely.
BINS = 12
# Columns of a panel of mixing rates, at least: with few epochs each is cut into parts.
COLUMNS = 12
# What of the cosines is drawn: a thin line, a thick one, a tick
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def pairs(results: Results) -> list[tuple[str, str]]:
    """Every two tasks of which some run has a cosine, in the order of the tasks."""
    found = {pair for run in results.runs for pair in run.samples if _cosines(run, pair)}
    order = list(results.tasks)
    return sorted(found, key=lambda pair: [order.index(task) for task in pair])


def distributions(results: Results, pair: tuple[str, str]) -> str:
    """A pair's cosines in all sampled steps: middle 90 %, middle 50 %, median; seeds together."""
    style = looks(results)
    known = {one.name: found for one in results.strategies if (found := _quantiles(one, pair))}
    with panel(f"cosines-{'-'.join(pair)}", 0.65 + 0.26 * len(known)) as (axes, drawn):
        axes.axvline(0, color=INK, lw=0.8, alpha=0.6)
        for row, (name, (low, below, middle, above, high)) in enumerate(known.items()):
            colour = style[name].colour
            axes.plot([low, high], [row, row], color=colour, lw=1.2)
            axes.plot([below, above], [row, row], color=colour, lw=5, alpha=0.5)
            axes.plot([middle], [row], "|", color=colour, ms=13, mew=2.4)
        axes.set_yticks(range(len(known)), known)
        axes.set_ylim(len(known) - 0.4, -0.6)
        # The same for every pair, so that panels compare.
        axes.set_xlim(-(reach := 1.05 * _reach(results)), reach)
        axes.set_xlabel("cosine")
        axes.grid(axis="x")
        axes.locator_params(axis="x", nbins=5)
    return drawn[0]


def angles(results: Results, pair: tuple[str, str]) -> str:
    """A pair's cosine over the steps, averaged within bins."""
    name = f"angles-{'-'.join(pair)}"
    return lines(results, name, lambda run: binned(_cosines(run, pair), BINS), "step", zero=True)


def mixed(results: Results, one: Strategy) -> str:
    """Each task's share of the batches over a strategy's epochs, on top of each other."""
    from matplotlib.ticker import MaxNLocator

    epochs = len(set(one.runs[0].steps["epoch"]))
    parts = max(1, COLUMNS // epochs)
    with panel(f"mixing-{one.name}", 1.7) as (axes, drawn):
        floor: dict[float, float] = {}
        for task in one.trained:
            seeds = [mixing(run.steps, one.trained, parts=parts)[task] for run in one.runs]
            xs, shares = zip(*mean(seeds), strict=True)
            bottom = [floor.get(x, 0.0) for x in xs]
            axes.bar(
                xs, shares, 0.94 / parts, bottom, facecolor=INK, alpha=shades(results)[task], lw=0
            )
            floor |= {x: low + share for x, low, share in zip(xs, bottom, shares, strict=True)}
        axes.set_xlabel("epoch")
        axes.set_ylim(0, 1)
        axes.set_yticks([0, 0.5, 1])
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    return drawn[0]


def shades(results: Results) -> dict[str, float]:
    """How strongly each task is drawn, from 0 to 1; colours stand for strategies."""
    last = max(len(results.tasks) - 1, 1)
    return {task: round(0.85 - 0.7 * place / last, 3) for place, task in enumerate(results.tasks)}


def _cosines(run: Run, pair: tuple[str, str]) -> Points:
    samples = run.samples.get(pair, [])
    return [(one.step, one.cosine) for one in samples if one.cosine is not None]


def _quantiles(one: Strategy, pair: tuple[str, str]) -> list[float]:
    import numpy as np

    values = [cosine for run in one.runs for _, cosine in _cosines(run, pair)]
    return [float(value) for value in np.quantile(values, QUANTILES)] if values else []


def _reach(results: Results) -> float:
    """The farthest that a line of any panel of cosines goes from 0."""
    found = (_quantiles(one, pair) for one in results.strategies for pair in pairs(results))
    return max(abs(value) for quantiles in found for value in quantiles) or 1.0
