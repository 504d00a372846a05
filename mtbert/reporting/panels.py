"""How the report's figures are drawn: one small SVG a panel, which a page lays out as it likes.

Text stays text. Ink and lines carry the page's own CSS variables, so that figures follow its
light and dark colours; a strategy has one colour in every figure. Same data, same bytes.
"""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Any

from mtbert.reporting.files import Log
from mtbert.reporting.results import Results, Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colour-blind safe palette, without its yellow and black; then other strokes.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
STROKES = ("solid", "dashed", "dotted")
INK, LINE = "#20242b", "#d4d8de"  # stand for the page's --ink and --line
WIDTH = 3.6  # inches
BINS = 40  # points of a loss curve

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Look:
    """How a strategy is drawn."""

    colour: str
    stroke: str


def looks(results: Results) -> dict[str, Look]:
    """Give each strategy its colour and, when colours run out, another stroke."""
    return {
        one.name: Look(PALETTE[i % len(PALETTE)], STROKES[i // len(PALETTE) % len(STROKES)])
        for i, one in enumerate(results.strategies)
    }


def lines(
    results: Results, name: str, read: Callable[[Run], Points], x: str, *, zero: bool = False
) -> str:
    """A line a strategy: thin ones are seeds, the thick one their mean.

    Args:
        results: The workspace.
        name: The panel's name.
        read: Gives the points of a run, none where it has nothing to show.
        x: Title of the x axis.
        zero: Whether 0 is a level to compare with.
    """
    from matplotlib.ticker import MaxNLocator

    style = looks(results)
    with panel(name, 2.2) as (axes, drawn):
        for one in results.strategies:
            seeds = [points for run in one.runs if (points := read(run))]
            stroke: dict[str, Any] = {"color": style[one.name].colour, "ls": style[one.name].stroke}
            for points in seeds if len(seeds) > 1 else []:
                axes.plot(*zip(*points, strict=True), lw=0.7, alpha=0.45, **stroke)
            if shared := mean(seeds):
                mark = "o" if len(shared) == 1 else None
                axes.plot(*zip(*shared, strict=True), lw=1.9, marker=mark, ms=4, **stroke)
        if zero:
            axes.axhline(0, color=INK, lw=0.8, alpha=0.6)
        axes.set_xlabel(x)
        axes.grid(axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    return drawn[0]


def column(log: Log, x: str, y: str) -> Points:
    """Points of two columns of a log, where both have a value."""
    pairs = zip(log.get(x, []), log.get(y, []), strict=False)
    return [(a, b) for a, b in pairs if a is not None and b is not None]


def binned(points: Points, bins: int = BINS) -> Points:
    """Means of at most so many runs of neighbouring points, as equally long as can be."""
    bins = min(bins, len(points))
    edges = [len(points) * i // bins for i in range(bins + 1)] if bins else []
    chunks = [points[low:high] for low, high in pairwise(edges)]
    return [(fmean(x for x, _ in chunk), fmean(y for _, y in chunk)) for chunk in chunks]


def mean(seeds: list[Points]) -> Points:
    """Point by point mean over seeds, as far as all of them go."""
    return [
        (fmean(x for x, _ in points), fmean(y for _, y in points))
        for points in zip(*seeds, strict=False)
    ]


def rc_settings(salt: str) -> Any:
    """Matplotlib's settings for a figure; the salt keeps its ids the same from run to run."""
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "font.size": 9,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": LINE,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": LINE,
        "grid.linewidth": 0.6,
        "xtick.color": LINE,
        "xtick.labelcolor": INK,
        "ytick.color": LINE,
        "ytick.labelcolor": INK,
    }


@contextmanager
def panel(name: str, height: float) -> Iterator[tuple["Axes", list[str]]]:
    """Give axes to draw on; the list holds the panel's SVG once the block is left."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    drawn: list[str] = []
    with rc_context(rc_settings(name)):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        yield figure.subplots(), drawn
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    drawn.append(_embeddable(file.getvalue(), name))


def _embeddable(svg: str, name: str) -> str:
    """Make an SVG part of a page: no prologue, no fixed size, ids of its own, the page's ink."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    opening = r'<svg viewBox="\1" aria-hidden="true">'
    svg = re.sub(r'<svg [^>]*?viewBox="([^"]+)"[^>]*>', opening, svg)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg.replace("xlink:href", "href"))
    return svg.replace(INK, "var(--ink)").replace(LINE, "var(--line)")
