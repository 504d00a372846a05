"""The figure of a study: every seed, every mean, and the noise around it, a panel a metric."""

import io
import re
from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from mtbert.reporting.comparison import Metric, noise
from mtbert.reporting.panels import INK, PALETTE, rc_settings
from mtbert.reporting.results import Strategy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Inches
PANEL, ROW, MARGIN = 1.75, 0.24, 0.6
WIDTH = 6.0  # of the whole figure at least


def dotplot(strategies: Sequence[Strategy], metrics: Sequence[Metric]) -> str:
    """Draw all strategies in all metrics as one SVG that stands alone; same data, same bytes.

    A dot is a seed, the bar their mean, the line the 95 % interval that the dev split's size
    leaves around it.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({**rc_settings("dots"), "ytick.major.size": 0}):
        # A page is as wide with one metric as with five.
        width = max(1.4 + PANEL * len(metrics), WIDTH)
        size = (width, MARGIN + ROW * len(strategies))
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
        for axes, metric in zip(panels, metrics, strict=True):
            _panel(axes, strategies, metric)
        panels[0].set_yticks(range(len(strategies)), [one.name for one in strategies])
        panels[0].set_ylim(len(strategies) - 0.5, -0.5)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return re.sub(r"<metadata>.*?</metadata>\n?", "", file.getvalue(), flags=re.DOTALL)


def _panel(axes: "Axes", strategies: Sequence[Strategy], metric: Metric) -> None:
    for row, one in enumerate(strategies):
        if row % 2:
            axes.axhspan(row - 0.5, row + 0.5, color=INK, alpha=0.04, lw=0)
        if not (values := one.values(metric.group, metric.name)):
            continue
        mean, width = fmean(values), noise(one, metric)
        if width is not None:
            axes.plot([mean - width, mean + width], [row, row], color=INK, alpha=0.45, lw=1)
        axes.plot(values, [row] * len(values), "o", color=PALETTE[0], ms=4, alpha=0.6, mew=0)
        axes.plot([mean], [row], "|", color=PALETTE[1], ms=10, mew=2)
    axes.set_title(metric.title, fontsize="medium")
    axes.grid(axis="x")
    axes.locator_params(axis="x", nbins=4)
