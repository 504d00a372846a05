"""The figures of the studies' page: scores printed and ours, and sweeps."""

from typing import Any

from mtbert.core.tasks import OVERALL
from mtbert.reporting.figures import Picture, picture
from mtbert.studies.study import Printed, Sweep
from mtbert.studies.tables import SCORES, Shown, ours


def score_pictures(shown: Shown) -> list[Picture]:
    """For each score, every experiment's seeds as circles and its printed figure as a diamond."""
    table, names = ours(shown), list(shown.study.strategies)
    places = [names.index(name) for name, _ in table.index]

    def draw(score: str) -> Picture:
        def plot(axes: Any, style: Any) -> None:
            axes.plot(table[score], places, "o", ms=4.5, mfc="none", mec=style.colours[0])
            printed = [_printed(shown, name, score) for name in names]
            axes.plot(printed, range(len(names)), "D", ms=4.5, color=style.colours[1])
            axes.set_yticks(range(len(names)), names)
            axes.set_ylim(len(names) - 0.4, -0.6)

        return picture(score, "each experiment, printed and ours", plot, 0.5 + 0.17 * len(names))

    return [draw(score) for score in SCORES]


def sweep_pictures(shown: Shown) -> list[Picture]:
    """For each sweep, our mean overall score by the setting; diamonds are printed figures."""
    means = ours(shown)[OVERALL].groupby(level="strategy").mean().to_dict()

    def draw(sweep: Sweep) -> Picture:
        def plot(axes: Any, style: Any) -> None:
            for place, (name, line) in enumerate(sweep.series.items()):
                colour = style.colours[2 * place]
                values = [means.get(experiment, float("nan")) for experiment in line.values()]
                axes.plot(list(line), values, "o-", color=colour, label=name)
                printed = [_printed(shown, experiment, OVERALL) for experiment in line.values()]
                axes.plot(list(line), printed, "D", color=style.colours[1])
            axes.set_xlabel(sweep.x)
            axes.set_ylabel(OVERALL)
            axes.figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)

        return picture(sweep.title, f"overall score by {sweep.x}", plot, 2.5)

    return [draw(sweep) for sweep in shown.study.sweeps]


def _printed(shown: Shown, name: str, score: str) -> float:
    figure = getattr(shown.study.printed.get(name, Printed()), score)
    return float("nan") if figure is None else figure
