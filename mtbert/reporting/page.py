"""What the root's pages show, and how a template becomes a page."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from mtbert.core.labels import classes
from mtbert.evaluation.metrics import METRICS
from mtbert.reporting import data, figures, neighbours, results, tables, training
from mtbert.reporting.committed import Comparison
from mtbert.reporting.report import Report

MIN_CURVE_POINTS = 12  # of a curve of mixing rates
COSINE_BINS = 12  # single steps scatter widely
RULE = (
    "95 % intervals over {split} examples and, with several seeds, over seeds. ▲ better, ▼ worse "
    "than {baseline}: the interval excludes 0."
)

ENSEMBLES_RULE = (
    "95 % intervals over {split} examples, paired; not over seeds. ▲ better, ▼ worse than the mean "
    "of its runs: the interval excludes 0."
)


def render(template: str, **context: Any) -> str:
    """Fill a template of `templates/`; in HTML and in Markdown every text is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("mtbert.reporting"),
        autoescape=lambda name: ".html" in str(name),
        undefined=StrictUndefined,
        finalize=tables.line if ".md" in template else None,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": tables.cell, "markdown": tables.markdown, "code": tables.code}
    styles = {"light": figures.LIGHT, "dark": figures.DARK}
    text = environment.get_template(template).render(context, **styles)
    return text.rstrip() + "\n"


def report_content(report: Report, changed: Comparison | None) -> dict[str, Any]:
    """What report.html and results.md show."""
    scores, columns, base = report.scores, report.columns, report.scope.baseline
    return {
        "report": report,
        "changed": changed,
        "scores": results.main_table(report),
        "test_scores": results.test_table(report),
        "seeds": results.seeds_text(report),
        "score_note": results.score_note(report),
        "sample_note": results.sample_note(report),
        "score_figures": [figures.score_figure(scores, c, report.own_widths) for c in columns],
        "ensembles": results.ensemble_table(report, "dev"),
        "test_ensembles": results.ensemble_table(report, "test"),
        "gaps": results.baseline_table(report, "dev"),
        "test_gaps": results.baseline_table(report, "test"),
        "ensembles_rule": ENSEMBLES_RULE.format(split="dev"),
        "test_ensembles_rule": ENSEMBLES_RULE.format(split="test"),
        "rule": RULE.format(split="dev", baseline=base),
        "test_rule": RULE.format(split="test", baseline=base),
        "noise": results.noise_table(report),
        "further": {task: _further(report, task) for task in report.tasks},
        "confusions": _confusions(report),
        **_training(report),
        **neighbours.neighbour_content(report),
        "data_tables": data.data_tables(report),
        "grown": [data.grown_set(report, name) for name in report.augmented],
        "leakage": data.leakage_table(report),
        "notes": data,
        "neighbours_note": neighbours.NOTE,
        "cost": training.cost_table(report.facts),
        "changes": training.changes_table(report),
        "machine": training.machine_table(report.facts),
        "settings": {name: list(training.flat(own)) for name, own in report.settings.items()},
    }


def _further(report: Report, task: str) -> pd.DataFrame:
    """Every metric of a task, of the strategies and ensembles that are scored on it."""
    scores = report.all_scores("dev")
    own = scores[scores["task"] == task]
    columns = [(task, name) for name in METRICS if (own["metric"] == name).any()]
    table = tables.score_table(own, columns, constant=report.constant("dev"))
    return table.rename(columns=lambda name: name.removeprefix(f"{task} "))


def _confusions(report: Report) -> Mapping[str, list[figures.Picture]]:
    """By task, the confusion of each strategy, its seeds added up."""
    pictures: dict[str, list[figures.Picture]] = {}
    for task, row in report.tasks.items():
        names = classes(row.labels)
        for strategy in report.strategies:
            runs = report.predictions(strategy, task).values()
            if runs:
                # Classes are many, of a wide range of labels, too: only pairs that occur are held.
                pairs = Counter(
                    p for run in runs for p in zip(*run.classes(row.labels), strict=True)
                )
                pictures.setdefault(task, []).append(
                    figures.confusion_picture(strategy, pairs, names)
                )
    return pictures


def _training(report: Report) -> dict[str, Any]:
    """Curves, losses, mixing rates and gradients; empty where there are none."""
    names, steps = report.strategies, report.steps
    cosines = report.cosines[report.cosines["cosine"].notna()]
    sampled = cosines["strategy"].unique()
    several = [name for name in names if len(report.trained(name)) > 1]
    curves = [
        figures.lines(
            f"{task} on dev", "score by epoch", own, ("epoch", "value", "strategy"), names
        )
        for task, own in report.epochs.groupby("task", sort=False)
    ]
    losses = []
    for task, own in steps.groupby("task", sort=False):
        binned = figures.bin_steps(own, ["strategy", "seed"], "loss")
        axes = ("step", "loss", "strategy")
        losses.append(figures.lines(f"{task} loss", "loss by update", binned, axes, names))
    return {
        "curves": curves,
        "losses": losses,
        **_mixing(report, steps[steps["strategy"].isin(several)]),
        "pairs": training.gradient_table(cosines),
        "boxes": [figures.cosine_boxes(cosines, name) for name in sampled],
        "cosine_curves": [_cosine_curves(cosines, name) for name in sampled],
        "without_cosines": [name for name in several if name not in sampled],
    }


def _mixing(report: Report, steps: pd.DataFrame) -> dict[str, Any]:
    """The table of mixing rates, and a picture of each strategy that samples tasks."""
    if steps.empty:
        return {"rates": None, "mixed": []}
    rates = training.mixing_rates(steps, max(1, MIN_CURVE_POINTS // int(steps["epoch"].nunique())))
    axes, order = ("epoch", "batches", "task"), [*report.tasks]
    pictures = [
        figures.lines(str(name), "share of the batches", own, axes, order)
        for name, own in rates.groupby("strategy", sort=False)
        if training.samples_tasks(report, str(name))
    ]
    return {"rates": training.mixing_table(steps), "mixed": pictures}


def _cosine_curves(cosines: pd.DataFrame, strategy: str) -> figures.Picture:
    """A strategy's mean cosines over the updates."""
    own = cosines[cosines["strategy"] == strategy]
    binned = figures.bin_steps(own, ["tasks", "seed"], "cosine", COSINE_BINS)
    pairs, axes = own["tasks"].unique().tolist(), ("step", "cosine", "tasks")
    return figures.lines(strategy, "mean cosine by update", binned, axes, pairs, zero=True)
