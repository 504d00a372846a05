"""A trained model's scores on labelled examples of one task."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mtbert.core.errors import InputError, located
from mtbert.core.params import validate
from mtbert.core.tasks import Columns
from mtbert.corpora.validation import UnusableError, read_label
from mtbert.evaluation.metrics import METRICS, score
from mtbert.evaluation.predictions import Predictions
from mtbert.inference.tables import column, place_of, read_frame
from mtbert.inference.texts import TextExamples
from mtbert.modeling.manifest import CheckpointTask

if TYPE_CHECKING:
    import pandas as pd

    from mtbert.inference.model import TrainedModel

ROWS_SHOWN = 10


@dataclass(frozen=True)
class Score:
    """A metric's value on labelled examples."""

    value: float | None  # None where it is undefined
    half_width: float | None  # of the 95 % interval over examples
    baseline: float  # of the best constant prediction
    examples: int


def evaluate(
    model: "TrainedModel",
    task: str,
    data: "str | Path | pd.DataFrame",
    columns: Mapping[str, str] | None = None,
    *,
    progress: bool | None = None,
) -> dict[str, Score]:
    """Score a model on a labelled file or DataFrame with every metric that fits the task.

    Args:
        model: As `mtbert.load` gives it.
        task: One of its tasks.
        data: A CSV, TSV, JSON lines or Parquet file, or a DataFrame.
        columns: Names of the columns text_a, text_b (of pairs) and label; by default those of the
            files that the model was trained on.
        progress: Whether to show it; by default that of more than a batch, after a while.

    Returns:
        By metric, the task's main one first.

    Raises:
        InputError: no such task, file or column; rows without a text or an allowed label.
    """
    kind = model.task(task)
    where = f"{data}" if isinstance(data, str | Path) else "DataFrame"
    names = text_columns(kind, columns, label=True)
    frame = read_frame(Path(data)) if isinstance(data, str | Path) else data
    with located(where):
        examples = read_examples(model, task, frame, names, where="columns")
        labels = _labels(kind, frame, names.label)
    predicted = model.predict_arrays(task, examples, labels, progress=progress)
    return score_predictions(kind, predicted)


def score_predictions(task: CheckpointTask, predicted: Predictions) -> dict[str, Score]:
    """Score predictions of labelled examples with every metric, the task's main one first."""
    values, scores = score(task.labels, predicted), {}
    for name, value in {task.metric: values[task.metric], **values}.items():
        metric, actual = METRICS[name], predicted.labels
        width = metric.half_width(actual, predicted.read(metric.reads, task.labels))
        half = float(width) if value is not None and np.isfinite(width) else None
        scores[name] = Score(value, half, metric.baseline(actual), len(actual))
    return scores


def text_columns(
    task: CheckpointTask, columns: Mapping[str, str] | None, *, label: bool
) -> Columns:
    """Names of the columns: those given, or those that the model was trained on.

    Raises:
        InputError: neither are there, or they do not fit the task.
    """
    if columns is None:
        if task.columns is None:
            keys = ["text_a", *["text_b"] * task.paired, *["label"] * label]
            raise InputError(f"columns: the checkpoint names none: give {', '.join(keys)}")
        return task.columns
    names = validate(
        Columns, {"label": "label", **columns} if not label else columns, where="columns"
    )
    if (names.text_b is not None) != task.paired:
        what = "pairs needs text_b" if task.paired else "single texts has no text_b"
        raise InputError(f"columns: a task on {what}, found {dict(columns)}")
    return names


def read_examples(
    model: "TrainedModel", task: str, frame: "pd.DataFrame", names: Columns, *, where: str
) -> TextExamples:
    """Check the texts of a table; messages name rows as `place_of` does."""
    sides = [
        column(frame, name, where=f"{where}.{key}")
        for key, name in (("text_a", names.text_a), ("text_b", names.text_b))
        if name is not None
    ]
    return model.examples(task, *sides, place=partial(place_of, frame))


def _labels(task: CheckpointTask, frame: "pd.DataFrame", name: str) -> list[float]:
    """The numbers of the labels in a column."""
    labels, faults = [], []
    for position, value in enumerate(column(frame, name, where="columns.label")):
        try:
            if value in (None, ""):
                raise UnusableError("no label")
            labels.append(read_label(str(value), task.labels))
        except UnusableError as reason:
            faults.append(f"{place_of(frame, position)}: {reason}")
    if faults:
        more = len(faults) - ROWS_SHOWN
        lines = faults[:ROWS_SHOWN] + ([f"and {more} more"] if more > 0 else [])
        raise InputError("; ".join(lines))
    return labels
