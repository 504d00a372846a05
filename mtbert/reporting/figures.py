"""Plots of the report, each drawn for a light and a dark page; `<picture>` chooses.

Every mark has a contrast of 3:1 or more to its page (WCAG 2.2, 1.4.11); marks are never
translucent.
"""

import io
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mtbert.reporting.tables import Column, Widths, by_strategy, title, wide

WIDTH = 3.6  # inches
BINS = 40  # points of a line over steps
# Matplotlib's settings: what is of the page's ink, of its paper, and of all pages
INKED = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
PAPER = ("axes.facecolor", "figure.facecolor")
LOOK: dict[Any, Any] = {
    **{"axes.spines.top": False, "axes.spines.right": False, "font.size": 9},
    **{"svg.fonttype": "none", "svg.hashsalt": "mtbert"},
}
MOST_CLASSES = 25  # of a matrix
PAIRS_SHOWN = 20  # of actual and predicted class, where there are more
STROKES = ("-", "--", ":")  # when colours run out


class Style(NamedTuple):
    """Colours of a page and its figures."""

    paper: str
    ink: str
    colours: tuple[str, ...]


# Okabe and Ito's colour-blind safe palette, made darker or lighter where 3:1 asks for it
LIGHT = Style(
    "#ffffff", "#20242b", ("#0072b2", "#d55e00", "#00845f", "#b5508a", "#8a6a00", "#4a4f57")
)
DARK = Style(
    "#15181d", "#e4e7ec", ("#56b4e9", "#e8803a", "#2fbf95", "#e08fc0", "#e6b800", "#b4bac4")
)


@dataclass(frozen=True)
class Picture:
    """A figure as two data URIs of SVG, and the text that stands for it."""

    title: str
    alt: str
    light: str
    dark: str


def picture(name: str, alt: str, plot: Callable[[Any, Style], None], height: float) -> Picture:
    """Draw a plot in both styles; the same data give the same bytes."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    images = []
    for style in (LIGHT, DARK):
        look = LOOK | dict.fromkeys(INKED, style.ink) | dict.fromkeys(PAPER, style.paper)
        with rc_context(look):
            figure, file = Figure(figsize=(WIDTH, height), layout="constrained"), io.BytesIO()
            plot(figure.subplots(), style)
            figure.savefig(file, format="svg", metadata={"Date": None})
        images.append(f"data:image/svg+xml;base64,{b64encode(file.getvalue()).decode()}")
    return Picture(name, alt, *images)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours #rrggbb, from 1 to 21 (WCAG 2.2)."""
    low, high = sorted(map(_luminance, (first, second)))
    return (high + 0.05) / (low + 0.05)


def score_figure(scores: pd.DataFrame, column: Column, widths: Widths) -> Picture:
    """A metric of every strategy: a dot a seed, a tick at the mean, its 95 % interval on dev."""
    values = wide(scores, [column])[column]
    means = by_strategy(values).mean()  # NaN where a strategy has no score

    def plot(axes: Any, style: Style) -> None:
        for place, (name, mean) in enumerate(means.items()):
            colour = style.colours[place % len(style.colours)]
            width = np.nan_to_num(widths.get((str(name), column), 0.0))
            axes.errorbar(mean, place, xerr=width, fmt="|", ms=14, mew=2, lw=1.4, color=colour)
            own = values[name]
            axes.plot(own, [place] * len(own), "o", ms=4.5, mfc="none", mec=colour)
        axes.set_yticks(range(len(means)), means.index)
        axes.set_ylim(len(means) - 0.4, -0.6)
        axes.locator_params(axis="x", nbins=5)

    height = 0.45 + 0.24 * len(means)
    return picture(title(column), "score of each strategy with its interval", plot, height)


def lines(
    name: str,
    alt: str,
    frame: pd.DataFrame,
    axes: tuple[str, str, str],
    order: Sequence[str],
    *,
    zero: bool = False,
) -> Picture:
    """Lines over steps or epochs; thick lines are means over seeds.

    Args:
        name: Title of the figure.
        alt: What it shows.
        frame: Long table; with a column `seed`, each seed has a thin line.
        axes: Columns of x, of y, and the one that has a line for each of its values.
        order: Those values; each has the same colour in all figures with this order.
        zero: Whether 0 is a level to compare with.
    """
    x, y, hue = axes

    def plot(panel: Any, style: Style) -> None:
        if zero:
            panel.axhline(0, color=style.ink, lw=0.8)
        for place, label in enumerate(order):
            own = frame[frame[hue] == label]
            look: dict[str, Any] = {"color": style.colours[place % len(style.colours)]}
            look["ls"] = STROKES[place // len(style.colours) % len(STROKES)]
            seeds = [part for _, part in own.groupby("seed")] if "seed" in own else []
            for part in seeds if len(seeds) > 1 else []:
                panel.plot(part[x], part[y], lw=0.9, **look)
            if len(mean := own.groupby(x)[y].mean()):
                mark = "o" if len(mean) <= 12 else None
                panel.plot(mean.index, mean, lw=1.9, marker=mark, ms=3.5, label=label, **look)
        panel.set_xlabel(x)
        panel.locator_params(axis="x", nbins=5)
        panel.figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)

    return picture(name, alt, plot, 2.5)


def bin_steps(frame: pd.DataFrame, keys: list[str], value: str, bins: int = BINS) -> pd.DataFrame:
    """Means of a column within bins of equally many neighbouring rows, for each group of `keys`."""
    groups = frame.groupby(keys, sort=False)
    place = groups.cumcount() * min(bins, len(frame)) // groups["step"].transform("size")
    means = frame.groupby([*keys, place], sort=False)[["step", value]].mean()
    means = means.reset_index(names=[*keys, "bin"])
    # Seeds of a bin share one place, so that they have a mean.
    alike = [*(key for key in keys if key != "seed"), "bin"]
    return means.assign(step=means.groupby(alike, sort=False)["step"].transform("mean"))


def cosine_boxes(cosines: pd.DataFrame, strategy: str) -> Picture:
    """How a strategy's cosines between per-task gradients spread: boxes, whiskers hold 90 %."""
    own = cosines[(cosines["strategy"] == strategy) & cosines["cosine"].notna()]
    groups = {str(tasks): part["cosine"] for tasks, part in own.groupby("tasks", sort=False)}

    def plot(axes: Any, style: Style) -> None:
        axes.axvline(0, color=style.ink, lw=0.8)
        thin = {"color": style.colours[0]}
        axes.boxplot(
            list(groups.values()),
            orientation="horizontal",
            tick_labels=list(groups),
            whis=(5, 95),
            showfliers=False,
            medianprops={"color": style.colours[1], "lw": 2},
            boxprops=thin,
            whiskerprops=thin,
            capprops=thin,
        )
        axes.invert_yaxis()
        axes.set_xlabel("cosine")

    height = 0.7 + 0.26 * len(groups)
    return picture(strategy, "spread of cosines of each pair of tasks", plot, height)


def confusion_picture(name: str, counts: Counter[tuple[str, str]], names: Sequence[str]) -> Picture:
    """What is taken for what: a matrix of the classes or, of many, the commonest confusions.

    Args:
        name: Title of the figure.
        counts: Examples by actual and predicted class.
        names: All classes.
    """
    if len(names) <= MOST_CLASSES:
        cells = [[counts[row, column] for column in names] for row in names]
        return _confusion_matrix(name, pd.DataFrame(cells, index=[*names], columns=[*names]))
    wrong = Counter({pair: count for pair, count in counts.items() if pair[0] != pair[1]})
    common = wrong.most_common(PAIRS_SHOWN)

    def plot(axes: Any, style: Style) -> None:
        labels = [f"{actual} → {predicted}" for (actual, predicted), _ in common]
        bars = axes.barh(range(len(common)), [n for _, n in common], color=style.colours[0])
        axes.bar_label(bars, padding=2, fontsize=8)
        axes.set_yticks(range(len(common)), labels)
        axes.invert_yaxis()
        axes.set_xlabel(f"examples; {wrong.total():,} of {counts.total():,} are wrong")

    alt = f"the {len(common)} commonest of {len(wrong):,} pairs of actual and predicted class"
    return picture(name, alt, plot, 0.9 + 0.22 * len(common))


def _confusion_matrix(name: str, counts: pd.DataFrame) -> Picture:
    """Counts of actual (down) by predicted class; the shade is the share of the actual class."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    shares = counts.div(counts.sum(axis=1).clip(lower=1), axis=0).to_numpy()

    def plot(axes: Any, style: Style) -> None:
        shades = LinearSegmentedColormap.from_list("", [style.paper, style.colours[0]])
        axes.imshow(shares, cmap=shades, vmin=0, vmax=1, aspect="auto")
        for (row, column), count in np.ndenumerate(counts.to_numpy()):
            ground = to_hex(shades(shares[row, column]))
            text = max((style.ink, style.paper), key=lambda colour: contrast(colour, ground))
            axes.text(column, row, f"{count:,}", ha="center", va="center", color=text, fontsize=8)
        axes.set_xticks(range(len(counts.columns)), counts.columns)
        axes.set_yticks(range(len(counts)), counts.index)
        axes.set_xlabel("predicted")
        axes.set_ylabel("actual")
        axes.grid(visible=False)

    return picture(name, "counts of actual by predicted class", plot, 0.9 + 0.26 * len(counts))


def _luminance(colour: str) -> float:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
