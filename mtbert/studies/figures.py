"""The figures of the studies' page: scores printed and ours, and sweeps."""

from typing import Any

import pandas as pd

from mtbert.core.tasks import OVERALL
from mtbert.reporting.figures import Picture, picture
from mtbert.studies.study import Sweep
from mtbert.studies.tables import SCORES, StudyReport, own_scores


def study_pictures(report: StudyReport) -> list[Picture]:
    """A picture of each score and of each sweep; none without a run."""
    if report.results.runs.empty:
        return []
    printed = pd.DataFrame(
        {
            score: {name: getattr(own, score) for name, own in report.study.printed.items()}
            for score in SCORES
        },
        index=list(report.study.strategies),
        dtype=float,
    )
    scores = own_scores(report)
    sweeps = [_sweep_picture(scores[OVERALL], printed[OVERALL], it) for it in report.study.sweeps]
    return [*(_score_picture(scores[score], printed[score]) for score in SCORES), *sweeps]


def _score_picture(scores: "pd.Series[float]", printed: "pd.Series[float]") -> Picture:
    """Every experiment's seeds as circles, and its printed figure as a diamond."""
    names = list(printed.index)

    def plot(axes: Any, style: Any) -> None:
        places = [names.index(name) for name, _ in scores.index]
        axes.plot(scores, places, "o", ms=4.5, mfc="none", mec=style.colours[0])
        axes.plot(printed, range(len(names)), "D", ms=4.5, color=style.colours[1])
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)

    height = 0.5 + 0.17 * len(names)
    return picture(str(scores.name), "each experiment, printed and ours", plot, height)


def _sweep_picture(
    scores: "pd.Series[float]", printed: "pd.Series[float]", sweep: Sweep
) -> Picture:
    """Our mean overall score by the setting; diamonds are printed figures."""
    means = scores.groupby(level="strategy").mean()

    def plot(axes: Any, style: Any) -> None:
        for place, (name, line) in enumerate(sweep.series.items()):
            experiments, colour = list(line.values()), style.colours[2 * place]
            axes.plot(list(line), means.reindex(experiments), "o-", color=colour, label=name)
            axes.plot(list(line), printed.reindex(experiments), "D", color=style.colours[1])
        axes.set_xlabel(sweep.x)
        axes.set_ylabel(OVERALL)
        axes.figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)

    return picture(sweep.title, f"overall score by {sweep.x}", plot, 2.5)
