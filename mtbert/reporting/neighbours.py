"""The report's section on errors: are they unlike the training data, as fu_chan asks?"""

from typing import Any

import numpy as np
import pandas as pd

from mtbert.core.labels import Similarity
from mtbert.evaluation.intervals import fisher
from mtbert.evaluation.metrics import METRICS
from mtbert.reporting import figures
from mtbert.reporting.report import Report
from mtbert.reporting.tables import NONE

PARTS = 5  # of dev, equally large, from the nearest to the farthest examples
NOTE = (
    "Distance: 1 - cosine to the nearest train example, of mean vectors of the encoder before "
    "fine-tuning; one from scratch is random, and near is what shares words. Of a large train "
    "split 20,000 examples are compared. Errors are wrong classes, or how far a similarity is off, "
    "mean over seeds. Correlation is Spearman's, with its 95 % interval: above 0, errors lie far "
    "from train."
)


def neighbour_content(report: Report) -> dict[str, Any]:
    """A table with the correlation of error and distance, and a figure of each task."""
    rows, pictures = [], []
    for task, near in report.neighbours.items():
        binned = []
        for strategy in report.strategies:
            errors = _errors(report, strategy, task)
            if errors is None:
                continue
            own = near.merge(errors, on="id", validate="one_to_one").sort_values("cosine")
            own = own[::-1].assign(part=np.arange(len(own)) * PARTS // len(own) + 1)
            means = own.groupby("part")["error"].mean()
            binned.append(means.rename("error").reset_index().assign(strategy=strategy))
            r = float(
                METRICS["spearman"].function(-own["cosine"].to_numpy(), own["error"].to_numpy())
            )
            low, high = fisher(r, len(own), ranks=True)
            shown = NONE if np.isnan(r) else f"{r:.2f} [{low:.2f}, {high:.2f}]"
            rows.append((task, strategy, *(f"{it:.3f}" for it in means.iloc[[0, -1]]), shown))
        if binned:
            axes, alt = ("part", "error", "strategy"), "error by distance to train"
            frame = pd.concat(binned, ignore_index=True)
            title = f"{task}: mean error in fifths of dev, near to far"
            pictures.append(figures.lines(title, alt, frame, axes, report.strategies))
    columns = ["task", "strategy", "error of the nearest fifth", "of the farthest", "correlation"]
    table = pd.DataFrame(rows, columns=columns).set_index("task")
    return {"neighbours": None if table.empty else table, "neighbour_figures": pictures}


def _errors(report: Report, strategy: str, task: str) -> pd.DataFrame | None:
    """Id and mean error over seeds of each dev example."""
    runs = [*report.predictions(strategy, task).values()]
    if not runs:
        return None
    scalar = isinstance(report.tasks[task].labels, Similarity)
    off = [abs(run.values - run.labels) if scalar else run.values != run.labels for run in runs]
    return pd.DataFrame({"id": runs[0].ids, "error": np.mean(off, axis=0)})
