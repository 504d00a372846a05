"""The root's page: what its template shows, and how a template becomes a page."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mtbert.core.labels import classes
from mtbert.evaluation.metrics import METRICS
from mtbert.reporting import data, figures, results, tables, training
from mtbert.reporting.committed import Comparison
from mtbert.reporting.report import Report

PARTS = 12  # of a line of mixing rates, at least
COSINE_BINS = 12  # single steps scatter widely


def render(template: str, **context: Any) -> str:
    """Fill a template of `templates/`; in HTML every text is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("mtbert.reporting"),
        autoescape=lambda name: ".html" in str(name),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": tables.cell, "markdown": tables.markdown}
    styles = {"light": figures.LIGHT, "dark": figures.DARK}
    text = environment.get_template(template).render(context, **styles)
    return text.rstrip() + "\n"


def report_page(report: Report, changed: Comparison | None) -> str:
    """Write the root's page."""
    widths = report.own_widths
    scored = [figures.score_figure(report.scores, column, widths) for column in report.columns]
    return render(
        "report.html.jinja",
        report=report,
        changed=changed,
        scores=results.main_table(report),
        score_note=results.score_note(report),
        sample_note=results.sample_note(report),
        score_figures=scored,
        gaps=results.gap_table(report) if len(report.strategies) > 1 else None,
        rule=results.RULE.format(baseline=report.scope.baseline),
        noise=results.noise_table(report),
        further={task: _further(report, task) for task in report.tasks},
        confusions=_confusions(report),
        **_training(report),
        data_tables=data.data_tables(report),
        grown=data.grown_sets(report),
        leakage=data.leakage_table(report),
        notes=data,
        cost=training.cost_table(report.facts),
        changes=training.changes_table(report),
        machine=training.machine_table(report.facts),
        settings={name: list(training.flat(train)) for name, train in report.settings.items()},
    )


def _further(report: Report, task: str) -> pd.DataFrame:
    """Every metric of a task, of the strategies that are scored on it."""
    own = report.scores[report.scores["task"] == task]
    columns = [(task, name) for name in METRICS if (own["metric"] == name).any()]
    table = tables.score_table(own, columns)
    return table.rename(columns=lambda name: name.removeprefix(f"{task} "))


def _training(report: Report) -> dict[str, Any]:
    """Curves, losses, mixing rates and gradients; empty where there are none."""
    steps, cosines = report.steps, report.cosines
    names, by_epoch = report.strategies, ("epoch", "value", "strategy")
    curves = [
        figures.lines(f"{task} on dev", "score by epoch", own, by_epoch, names)
        for task, own in report.epochs.groupby("task", sort=False)
    ]
    losses = [figures.loss_lines(steps, task, names) for task in steps["task"].unique()]
    defined = cosines[cosines["cosine"].notna()]
    sampled = defined["strategy"].unique()
    several = [name for name in report.strategies if len(report.trained(name)) > 1]
    return {
        "curves": curves,
        "losses": losses,
        **_mixing(report, steps[steps["strategy"].isin(several)]),
        "pairs": training.gradient_table(cosines),
        "boxes": [figures.cosine_boxes(defined, name) for name in sampled],
        "angles": [_angles(defined, name) for name in sampled],
        "without_cosines": [name for name in several if name not in sampled],
    }


def _mixing(report: Report, steps: pd.DataFrame) -> dict[str, Any]:
    if steps.empty:
        return {"rates": None, "mixed": []}
    parts = max(1, PARTS // int(steps["epoch"].nunique()))
    rates = training.mixing_rates(steps, parts)
    names = [name for name in steps["strategy"].unique() if training.chooses(report, name)]
    return {
        "rates": training.mixing_table(steps),
        "mixed": [figures.mixing_lines(rates, name, [*report.tasks]) for name in names],
    }


def _angles(cosines: pd.DataFrame, strategy: str) -> figures.Picture:
    own = cosines[cosines["strategy"] == strategy]
    binned = figures.bin_steps(own, ["tasks", "seed"], "cosine", COSINE_BINS)
    pairs, axes = own["tasks"].unique().tolist(), ("step", "cosine", "tasks")
    return figures.lines(strategy, "mean cosine by update", binned, axes, pairs, zero=True)


def _confusions(report: Report) -> Mapping[str, list[figures.Picture]]:
    """By task, the confusion of each strategy, its seeds added up."""
    pictures: dict[str, list[figures.Picture]] = {}
    for task, row in report.tasks.items():
        names = classes(row.labels)
        for strategy in report.strategies:
            runs = report.predictions(strategy, task).values()
            if runs:
                both = pd.concat([pd.DataFrame(run.classes(row.labels)).T for run in runs])
                counts = pd.crosstab(both[0], both[1])
                counts = counts.reindex(index=names, columns=names, fill_value=0)
                pictures.setdefault(task, []).append(figures.confusion_matrix(strategy, counts))
    return pictures
