"""The tables of the studies' page: printed figures beside ours, runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan
from pathlib import Path

import pandas as pd

from mtbert.core.tasks import LEADERBOARD, OVERALL
from mtbert.evaluation.overall import FORMULAS
from mtbert.reporting.tables import NONE, number, signed, spread, wide
from mtbert.studies.results import Results, missing_runs, read_results
from mtbert.studies.study import Printed, Study, read_study

SCORES = (*LEADERBOARD, OVERALL)


@dataclass(frozen=True)
class StudyReport:
    """A study and its results, as the page shows them."""

    name: str
    study: Study
    results: Results
    missing: list[tuple[str, int]]  # runs still to be made


def read_studies(folder: Path) -> list[StudyReport]:
    """Read every study of a folder.

    Raises:
        InputError: a file does not fit.
    """
    return [
        StudyReport(
            name=path.parent.name,
            study=read_study(path),
            results=read_results(path),
            missing=missing_runs(path),
        )
        for path in sorted(folder.glob("*/params.yaml"))
    ]


def own_scores(report: StudyReport) -> pd.DataFrame:
    """Main scores on dev, (strategy, seed) × `SCORES`; NaN where a run has none."""
    formula = report.study.overall if report.study.overall in FORMULAS else "mean"
    scores = report.results.scores
    columns = [*LEADERBOARD.items(), (OVERALL, formula)]
    table = wide(scores[scores["split"] == "dev"], columns)
    return table.set_axis(list(SCORES), axis=1)


def comparison(report: StudyReport) -> pd.DataFrame:
    """Experiments × each score: printed, ours (mean ± sd over seeds), their difference."""
    study, runs = report.study, report.results.runs
    groups = own_scores(report).groupby(level="strategy")
    means, deviations = (
        table.reindex(list(study.runs())) for table in (groups.mean(), groups.std())
    )
    rows = []
    for name, seeds in study.runs().items():
        own = runs[runs["strategy"] == name]
        done = len(own) if len(own) == len(seeds) else f"{len(own)} of {len(seeds)}"
        updates = " / ".join(f"{n:,}" for n in sorted(set(own["updates"]))) or NONE
        row = {"experiment": name, "seeds": done, "updates": updates}
        for score in SCORES:
            mean = float(means[score][name])
            figure, mark = _printed(study, name, score)
            comparable = not mark and (score != OVERALL or study.overall != "other")
            row[f"{score} printed"] = number(figure) + mark
            row[f"{score} ours"] = spread(mean, float(deviations[score][name]))
            row[f"{score} diff"] = (
                NONE if figure is None or not comparable else signed(mean - figure)
            )
        if runs["cosines"].sum():
            count = own["cosines"].sum()
            row["negative cosines"] = f"{own['negative'].sum() / count:.2f}" if count else NONE
        rows.append(row)
    table = pd.DataFrame(rows).set_index("experiment")
    empty = (table == NONE).all() & table.columns.str.endswith((" printed", " diff"))
    return table.loc[:, ~empty]


def _printed(study: Study, name: str, score: str) -> tuple[float | None, str]:
    """A printed figure, with a mark if it is of test or if the report itself calls it wrong."""
    printed, mark = study.printed.get(name, Printed()), ""
    figure: float | None = getattr(printed, score)
    if figure is None and printed.test is not None:
        figure, mark = getattr(printed.test, score), " (test)"
    if score in study.faulty.get(name, ()):
        mark = " (faulty)"
    return figure, mark


def further(report: StudyReport) -> pd.DataFrame:
    """Other metrics that a report prints, on dev."""
    scores = report.results.scores
    scores = scores[scores["split"] == "dev"]
    means = scores.groupby(["strategy", "task", "metric"])["value"].mean()
    rows = []
    for name, printed in report.study.printed.items():
        for task, figures in printed.other.items():
            for metric, figure in figures.items():
                mean = means.get((name, task, metric), nan)
                cells = number(figure), number(mean), signed(mean - figure)
                rows.append((name, f"{task} {metric.replace('_', ' ')}", *cells))
    columns = ["experiment", "metric", "printed", "ours", "diff"]
    return pd.DataFrame(rows, columns=columns).set_index("experiment")


def machine(reports: Iterable[StudyReport]) -> pd.DataFrame:
    """What all runs ran on, and how long they took."""
    runs = pd.concat([report.results.runs for report in reports])
    facts = {
        key: ", ".join(f"{value} ({count})" for value, count in runs[key].value_counts().items())
        for key in ("budget", "encoder", "data", "hardware", "precision", "version")
    }
    minutes = f"{runs['seconds'].sum() / 60:,.0f} minutes, added up"
    values = {"runs": f"{len(runs):,}", "time": minutes, **facts}
    return pd.DataFrame({"value": values}).rename_axis("what")


def majority(reports: Iterable[StudyReport]) -> dict[str, float]:
    """By task, the accuracy on dev of the majority-class baseline."""
    return {
        task: float(tables[task]["label"].value_counts(normalize=True).iloc[0])
        for tables in (report.results.predictions for report in reports)
        for task, metric in LEADERBOARD.items()
        if metric == "accuracy" and task in tables
    }
