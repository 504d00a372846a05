"""The figures of what happens in a run: losses, what a sampler draws, cosines of gradients."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from mtbert.core.labels import classes
from mtbert.reporting.confusion import Confusion, Entry
from mtbert.reporting.panels import INK, PALETTE, STROKES, Look, Points, mean, panel
from mtbert.reporting.replication.collected import Line, Replication
from mtbert.reporting.replication.exhibits import Losses


def row_looks(rows: Sequence[str]) -> dict[str, Look]:
    """How each row of a figure is drawn."""
    strokes = STROKES[:2]
    return {
        name: Look(PALETTE[i % len(PALETTE)], strokes[i % len(strokes)])
        for i, name in enumerate(rows)
    }


def losses(study: Replication, exhibit: Losses, task: str) -> str:
    """A task's training loss over the epochs: thin lines are seeds, the thick one their mean."""
    name = f"{study.study}-losses-{'-'.join(exhibit.rows)}-{task}"
    with panel(name, 2.3) as (axes, drawn):
        for row, look in row_looks(exhibit.rows).items():
            runs = study.rows[row].runs
            seeds = [_points(run.losses[task]) for run in runs if task in run.losses]
            stroke: dict[str, Any] = {"color": look.colour, "ls": look.stroke}
            for points in seeds if len(seeds) > 1 else []:
                axes.plot(*zip(*points, strict=True), lw=0.7, alpha=0.45, **stroke)
            if shared := mean(seeds):
                axes.plot(*zip(*shared, strict=True), lw=1.9, **stroke)
        axes.set_xlabel("epoch")
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
    return drawn[0]


def mixed(study: Replication, row: str) -> str:
    """Each task's share of the batches over a row's epochs, on top of each other."""
    from matplotlib.ticker import MaxNLocator

    runs = study.rows[row].runs
    with panel(f"{study.study}-mixing-{row}", 1.7) as (axes, drawn):
        floor: dict[float, float] = {}
        for task in study.tasks:
            seeds = [_points(run.mixing[task]) for run in runs if task in run.mixing]
            for x, share in mean(seeds):
                bottom = floor.get(x, 0.0)
                axes.bar(x, share, 0.9, bottom, facecolor=INK, alpha=shades(study)[task], lw=0)
                floor[x] = bottom + share
        axes.set_xlabel("epoch")
        axes.set_ylim(0, 1)
        axes.set_yticks([0, 0.5, 1])
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    return drawn[0]


def shades(study: Replication) -> dict[str, float]:
    """How strongly each task is drawn, from 0 to 1."""
    last = max(len(study.tasks) - 1, 1)
    return {task: round(0.85 - 0.7 * place / last, 3) for place, task in enumerate(study.tasks)}


def pairs(study: Replication) -> list[tuple[str, str]]:
    """Every two tasks of which some run has a cosine."""
    found = (
        (pair.first, pair.second)
        for run in study.done
        if run.conflicts
        for pair in run.conflicts.pairs
        if pair.mean is not None
    )
    return list(dict.fromkeys(found))


def cosines(study: Replication, pair: tuple[str, str]) -> str:
    """The mean cosine of two tasks' gradients in every row where they meet, a dot a seed."""
    known = {name: found for name in study.rows if (found := _means(study, name, pair))}
    with panel(f"{study.study}-cosines-{'-'.join(pair)}", 0.65 + 0.24 * len(known)) as (
        axes,
        drawn,
    ):
        axes.axvline(0, color=INK, lw=0.8, alpha=0.6)
        for place, values in enumerate(known.values()):
            axes.plot(values, [place] * len(values), "o", color=PALETTE[0], ms=4, alpha=0.6, mew=0)
            axes.plot([fmean(values)], [place], "|", color=PALETTE[0], ms=11, mew=2.2)
        axes.set_yticks(range(len(known)), known)
        axes.set_ylim(len(known) - 0.5, -0.5)
        # The same for every pair, so that panels compare.
        axes.set_xlim(-(reach := 1.1 * _reach(study)), reach)
        axes.set_xlabel("mean cosine")
        axes.grid(axis="x")
        axes.locator_params(axis="x", nbins=5)
    return drawn[0]


def matrix(study: Replication, row: str, task: str) -> Confusion | None:
    """A row's confusion matrix, its seeds added up; none without a run."""
    found = [run.confusion[task] for run in study.rows[row].runs if task in run.confusion]
    if not found:
        return None
    names = classes(study.tasks[task].labels)
    size = range(len(names))
    counts = [[sum(one[a][p] for one in found) for p in size] for a in size]
    cells = tuple(tuple(Entry(n, n / max(sum(own), 1)) for n in own) for own in counts)
    return Confusion(f"{row}: {task}", task, names, cells)


def _points(line: Line) -> Points:
    return list(zip(line.x, line.y, strict=True))


def _means(study: Replication, row: str, pair: tuple[str, str]) -> list[float]:
    conflicts = (run.conflicts for run in study.rows[row].runs if run.conflicts)
    return [
        one.mean
        for found in conflicts
        for one in found.pairs
        if (one.first, one.second) == pair and one.mean is not None
    ]


def _reach(study: Replication) -> float:
    values = [v for pair in pairs(study) for name in study.rows for v in _means(study, name, pair)]
    return max((abs(value) for value in values), default=0.0) or 1.0
