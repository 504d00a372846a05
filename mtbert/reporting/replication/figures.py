"""The figures of scores: the paper against ours, bars, and sweeps of a setting."""

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from mtbert.core.tasks import OVERALL
from mtbert.reporting.comparison import noise
from mtbert.reporting.panels import INK, PALETTE, panel
from mtbert.reporting.replication.collected import Replication
from mtbert.reporting.replication.comparing import compare, scores
from mtbert.reporting.replication.exhibits import Bars, Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OURS, PAPER = PALETTE[0], PALETTE[1]


def dots(study: Replication, score: str) -> str:
    """One score of every row: the printed figure, and ours seed by seed with its noise."""
    with panel(f"{study.study}-dots-{score}", 0.55 + 0.24 * len(study.rows)) as (axes, drawn):
        for place, name in enumerate(study.rows):
            _ours(axes, study, name, score, place)
            one = compare(study, name, score)
            if one.paper is not None and _same_formula(study, score):
                _paper(axes, one.paper, place, test=one.split == "test")
        _rows(axes, list(study.rows))
    return drawn[0]


def bars(study: Replication, exhibit: Bars, score: str) -> str:
    """One score of some rows as bars, with the noise of our dev split."""
    name = f"{study.study}-bars-{'-'.join(exhibit.rows)}-{score}"
    metric = scores(study)[score]
    with panel(name, 0.6 + 0.36 * len(exhibit.rows)) as (axes, drawn):
        for place, row in enumerate(exhibit.rows):
            one = study.strategy(row)
            if values := one.values(metric.group, metric.name):
                width = noise(one, metric) or 0.0
                mean = fmean(values)
                axes.barh(place, mean, 0.62, color=OURS, alpha=0.45, lw=0)
                axes.plot([mean - width, mean + width], [place] * 2, color=INK, lw=1.2)
                axes.plot(values, [place] * len(values), "o", color=OURS, ms=4, mew=0)
            if (figure := _printed(study, row, score)) is not None:
                _paper(axes, figure, place)
        _rows(axes, list(exhibit.rows))
        if axes.get_xlim()[0] > 0:
            axes.set_xlim(left=0)
    return drawn[0]


def sweep(study: Replication, exhibit: Sweep, series: str) -> str:
    """All scores of a series of rows against what varies; vertical lines are the dev noise."""
    rows = exhibit.series[series]
    places = range(len(rows))
    with panel(f"{study.study}-sweep-{exhibit.x}-{series}".replace(" ", "-"), 2.5) as (axes, drawn):
        for colour, (score, metric) in zip(
            colours(study).values(), scores(study).items(), strict=True
        ):
            points = []
            for place, row in zip(places, rows.values(), strict=True):
                one = study.strategy(row)
                values = one.values(metric.group, metric.name)
                if values:
                    mean, width = fmean(values), noise(one, metric) or 0.0
                    points.append((place, mean))
                    axes.plot([place] * 2, [mean - width, mean + width], color=colour, lw=1)
                if (figure := _printed(study, row, score)) is not None:
                    axes.plot([place], [figure], "D", color=colour, ms=4.5, mfc="none", mew=1.1)
            if points:
                axes.plot(*zip(*points, strict=True), "o-", color=colour, lw=1.6, ms=3.5)
        axes.set_xticks(places, list(rows))
        axes.set_xlim(-0.4, len(rows) - 0.6)
        axes.set_xlabel(exhibit.x)
        axes.grid(axis="y")
    return drawn[0]


def has_printed(study: Replication, exhibit: Sweep) -> bool:
    """Whether the report prints any figure of the rows of a sweep."""
    rows = {row for series in exhibit.series.values() for row in series.values()}
    return any(_printed(study, row, score) is not None for row in rows for score in scores(study))


def colours(study: Replication) -> dict[str, str]:
    """The colour of each score where one panel shows several."""
    return dict(zip(scores(study), (*PALETTE[:3], INK), strict=True))


def _ours(axes: "Axes", study: Replication, name: str, score: str, place: int) -> None:
    metric, one = scores(study)[score], study.strategy(name)
    if not (values := one.values(metric.group, metric.name)):
        return
    mean, width = fmean(values), noise(one, metric)
    if width is not None:
        axes.plot([mean - width, mean + width], [place] * 2, color=INK, alpha=0.45, lw=1)
    axes.plot(values, [place] * len(values), "o", color=OURS, ms=4, alpha=0.6, mew=0)
    if len(values) > 1:
        axes.plot([mean], [place], "|", color=OURS, ms=11, mew=2.2)


def _same_formula(study: Replication, score: str) -> bool:
    return score != OVERALL or study.overall != "other"


def _printed(study: Replication, row: str, score: str) -> float | None:
    own = study.rows[row].printed.get("dev", {})
    return own.get(score) if _same_formula(study, score) else None


def _paper(axes: "Axes", figure: float, place: int, *, test: bool = False) -> None:
    axes.plot([figure], [place], "s" if test else "D", color=PAPER, ms=5, mfc="none", mew=1.3)


def _rows(axes: "Axes", names: Sequence[str]) -> None:
    for place in range(1, len(names), 2):
        axes.axhspan(place - 0.5, place + 0.5, color=INK, alpha=0.04, lw=0)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x")
    axes.locator_params(axis="x", nbins=5)
