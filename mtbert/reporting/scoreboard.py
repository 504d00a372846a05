"""The tables on scores: results, differences to the baseline, noise, further metrics."""

from collections.abc import Sequence
from dataclasses import replace

from mtbert.reporting.comparison import (
    Metric,
    Summary,
    constant,
    difference,
    examples,
    further_metrics,
    main_metrics,
    noise,
    summarize,
)
from mtbert.reporting.leads import Lead, lead, score
from mtbert.reporting.results import Results, Strategy
from mtbert.reporting.tables import NONE, Cell, Table, number, signed, table

# The answer that needs no model, where it scores above 0.
CONSTANT = {"accuracy": "majority", "macro_f1": "majority", "f1": "all positive"}
FORMULAS = {
    "mean": "(sst + para + sts) / 3",
    "leaderboard": "(sst + para + (sts + 1) / 2) / 3",
}


def scores(results: Results) -> Table:
    """Strategies × main metrics on dev; below them the noise that differences stand against."""
    metrics = main_metrics(results)
    seeds = len(results.scope.seeds)
    spreads = "mean ± standard deviation" if seeds > 1 else "one run"
    caption = f"Scores on dev: {spreads} over {seeds} seed{'s' if seeds > 1 else ''}"
    grid = _grid(caption, results, metrics, notes=len(results.strategies) > 1)
    widths = [_plus_minus(noise(results.baseline, metric)) for metric in metrics]
    last: Sequence[str | Cell] = [f"95 % half-width of {results.baseline.name}", *widths]
    return table(caption, grid.header, [*grid.rows, last])


def further(results: Results, task: str) -> Table:
    """Strategies × all metrics of one task on dev."""
    caption = f"{task}: every metric on dev"
    return _grid(caption, results, further_metrics(results, task))


def differences(results: Results) -> Table:
    """Strategies × main metrics: difference to the baseline, seed by seed."""
    metrics, base = main_metrics(results), results.baseline
    rows = [
        [one.name, *(signed(difference(one, base, metric)) for metric in metrics)]
        for one in results.strategies
        if one is not base
    ]
    caption = f"Difference to {base.name}: mean (± standard deviation) over pairs of equal seeds"
    return table(caption, ["strategy", *(metric.title for metric in metrics)], rows)


def noises(results: Results) -> Table:
    """Half-width of each main metric's 95 % interval at the size of the dev split."""
    rows = []
    for metric in main_metrics(results):
        one = _bearer(results, metric)
        count = number(examples(one, metric)) if metric.group != "overall" else ""
        width = noise(one, metric)
        rows.append([metric.title, count, _plus_minus(width)])
    own = f"{results.baseline.name} (of a task it lacks: of the first strategy that has it)"
    caption = f"What the dev split's size leaves open, at the scores of {own}"
    return table(caption, ["metric", "dev examples", "95 % half-width"], rows)


def above_chance(results: Results) -> Table:
    """Each task of each strategy above what needs no model."""
    metrics = [metric for metric in main_metrics(results) if metric.group != "overall"]
    rows = [
        [one.name, *(signed(_gain(one, metric)) for metric in metrics)]
        for one in results.strategies
    ]
    floors = (constant(_bearer(results, metric), metric) for metric in metrics)
    rows.append(["(without a model)", *(number(floor) for floor in floors)])
    rules = (CONSTANT.get(metric.name, "0") for metric in metrics)
    header = ["strategy"]
    header += [f"{metric.title} − {rule}" for metric, rule in zip(metrics, rules, strict=True)]
    return table("Above what needs no model, on dev", header, rows)


def _plus_minus(width: float | None) -> str:
    return NONE if width is None else f"± {number(width)}"


def _bearer(results: Results, metric: Metric) -> Strategy:
    """The baseline if it has the metric, else the first strategy that does."""
    ordered = (results.baseline, *results.strategies)
    found = (one for one in ordered if one.values(metric.group, metric.name))
    return next(found, results.baseline)


def _gain(one: Strategy, metric: Metric) -> Summary | None:
    floor = constant(one, metric)
    values = one.values(metric.group, metric.name)
    return None if floor is None else summarize([value - floor for value in values])


def _grid(caption: str, results: Results, metrics: list[Metric], *, notes: bool = False) -> Table:
    leaders = [lead(results.strategies, metric) for metric in metrics]
    rows: list[list[str | Cell]] = []
    for one in results.strategies:
        base = notes and one is results.baseline
        row: list[str | Cell] = [Cell(one.name, note="baseline" if base else "")]
        row += [_scored(results, one, leader, notes=notes) for leader in leaders]
        rows.append(row)
    return table(caption, ["strategy", *(metric.title for metric in metrics)], rows)


def _scored(results: Results, one: Strategy, leader: Lead, *, notes: bool) -> Cell:
    cell = score(one, leader)
    return replace(cell, note=_note(results, one, leader.metric)) if notes else cell


def _note(results: Results, one: Strategy, metric: Metric) -> str:
    """The difference to the baseline, with an arrow where it exceeds the dev split's noise."""
    base = results.baseline
    gap, width = difference(one, base, metric), noise(base, metric)
    if one is base or gap is None:
        return ""
    clear = width is not None and abs(gap.mean) > width
    arrow = (" ▲" if gap.mean > 0 else " ▼") if clear else ""
    return f"{number(gap.mean) if gap.mean < 0 else '+' + number(gap.mean)}{arrow}"
