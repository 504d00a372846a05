"""The figures of the studies' page as inline SVG, in mid-tones for both colour schemes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any

from mtbert.core.tasks import OVERALL
from mtbert.studies.study import Printed, Sweep
from mtbert.studies.tables import SCORES, Shown, ours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# All have a contrast of 3:1 or more with white and with the dark page.
INK, OURS, PRINTED, OTHER = "#7a828e", "#2f86c4", "#d55e00", "#8a63b8"


def scores(shown: Shown) -> str:
    """Each experiment's scores: our seeds as dots, the printed figure as a diamond."""
    table, names = ours(shown), list(shown.study.strategies)
    height = 0.9 + 0.19 * len(names)
    with _drawn(len(SCORES), (11, height)) as (figure, axes):
        for axis, score in zip(axes, SCORES, strict=True):
            places = [names.index(name) for name, _ in table.index]
            axis.scatter(table[score], places, s=14, color=OURS, label="ours, a seed")
            figures = [_printed(shown, name, score) for name in names]
            axis.scatter(
                figures, range(len(names)), s=20, color=PRINTED, marker="D", label="printed"
            )
            axis.set_title(score)
            axis.set_yticks(range(len(names)), names)
            axis.invert_yaxis()
            axis.label_outer()
        axes[0].legend(frameon=False, labelcolor=INK, loc="upper left", bbox_to_anchor=(0, -0.1))
        return _svg(figure)


def sweeps(shown: Shown) -> list[tuple[str, str]]:
    """Each sweep's title and its figure: the overall score against the setting."""
    means = ours(shown).groupby(level="strategy")[OVERALL].mean()
    return [(sweep.title, _sweep(sweep, means.to_dict(), shown)) for sweep in shown.study.sweeps]


def _sweep(sweep: Sweep, means: Mapping[Any, float], shown: Shown) -> str:
    with _drawn(1, (3.6, 2.6)) as (figure, axes):
        for (name, line), color in zip(sweep.series.items(), (OURS, OTHER), strict=False):
            values = [means.get(experiment, float("nan")) for experiment in line.values()]
            axes[0].plot(list(line), values, "o-", color=color, label=name)
            printed = [_printed(shown, experiment, OVERALL) for experiment in line.values()]
            axes[0].plot(list(line), printed, "D", color=PRINTED, markersize=5)
        axes[0].set_xlabel(sweep.x)
        axes[0].set_ylabel("overall")
        axes[0].legend(frameon=False, labelcolor=INK)
        return _svg(figure)


def _printed(shown: Shown, name: str, score: str) -> float:
    figure = getattr(shown.study.printed.get(name, Printed()), score)
    return float("nan") if figure is None else figure


@contextmanager
def _drawn(columns: int, size: tuple[float, float]) -> "Iterator[tuple[Figure, list[Any]]]":
    """A figure with a row of axes, in colours that a light and a dark page bear."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    keys = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    style: dict[Any, Any] = {
        **dict.fromkeys(keys, INK),
        "svg.fonttype": "none",
        "svg.hashsalt": "studies",
    }
    style |= {
        "font.size": 8,
        "axes.titlesize": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        yield figure, list(figure.subplots(1, columns, squeeze=False)[0])


def _svg(figure: "Figure") -> str:
    text = StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return text.getvalue()[text.getvalue().index("<svg") :]
