"""From raw head outputs to predictions, and from these to the files that graders and DVC read."""

from dataclasses import dataclass
from math import floor
from pathlib import Path

import numpy as np
import pyarrow as pa

from mtbert.core.errors import InputError
from mtbert.core.labels import Binary, Classes, Labels, Similarity, classes, in_bins
from mtbert.core.tasks import SubmissionFile

# An example is positive above this probability; at exactly 0.5 it is negative.
THRESHOLD = 0.5


@dataclass(frozen=True)
class Predictions:
    """Predictions of one run for one split of one task, in the split's order."""

    ids: list[str]
    labels: np.ndarray  # (example,) float64, NaN where there is no label
    values: np.ndarray  # (example,) int64 for classes and binary, float64 for similarity
    # (example, class) for classes, (example,) P(label = 1) for binary, None for similarity
    probabilities: np.ndarray | None

    @property
    def labelled(self) -> bool:
        """Whether every example has a label."""
        return len(self.labels) > 0 and not np.isnan(self.labels).any()

    def read(self, what: str, labels: Labels) -> np.ndarray:
        """What a metric reads: values, values clipped to the labels' range, or probabilities."""
        if what == "probabilities":
            assert self.probabilities is not None
            return self.probabilities
        return np.clip(self.values, *labels.bounds) if what == "clipped" else self.values

    def classes(self, labels: Labels) -> tuple[list[str], list[str]]:
        """Names of the actual and predicted class of each example.

        A similarity is clipped to its range and rounded to whole labels, halves up; a wide range
        is cut into parts.
        """
        (low, high), names = labels.bounds, classes(labels)

        def places(values: np.ndarray) -> np.ndarray:
            values = np.clip(values, low, high)
            if in_bins(labels):
                scaled = (values - low) / (high - low) * len(names)
                return np.asarray(np.minimum(scaled.astype(int), len(names) - 1))
            return np.asarray(np.floor(values + 0.5).astype(int) - floor(low + 0.5))

        actual, predicted = ([names[i] for i in places(v)] for v in (self.labels, self.values))
        return actual, predicted

    def table(self) -> pa.Table:
        """As an Arrow table: id, label, prediction, then `probability` or `probabilities`."""
        columns = {
            "id": pa.array(self.ids, pa.string()),
            "label": pa.array(self.labels, pa.float64(), from_pandas=True),
            "prediction": pa.array(self.values),
        }
        if (shares := self.probabilities) is not None and shares.ndim == 1:
            columns["probability"] = pa.array(shares)
        elif shares is not None:
            offsets = pa.array(np.arange(len(shares) + 1, dtype=np.int32) * shares.shape[1])
            columns["probabilities"] = pa.ListArray.from_arrays(offsets, pa.array(shares.ravel()))
        return pa.table(columns)


def decode(table: pa.Table, labels: Labels, *, labelled: bool, where: str) -> Predictions:
    """Turn a table of raw outputs into predictions; labels of unlabelled splits are null.

    Raises:
        InputError: a column is missing; an output has another width than the labels need, or is not
            finite; a split that has to be `labelled` lacks a label.
    """
    if absent := [name for name in ("id", "label", "output") if name not in table.column_names]:
        raise InputError(
            f"{where}: no column {absent[0]!r} (found: {', '.join(table.column_names)}); "
            "not what training writes, rerun it with `dvc repro -f`"
        )
    outputs = _outputs(table, labels, where)
    actual = table["label"].to_numpy(zero_copy_only=False).astype(np.float64)
    if labelled and (unlabelled := np.flatnonzero(np.isnan(actual)).tolist()):
        raise InputError(f"{where}: row {unlabelled[0]}: a label is required here, found none")
    return Predictions(table["id"].to_pylist(), actual, *decode_outputs(outputs, labels))


def _outputs(table: pa.Table, labels: Labels, where: str) -> np.ndarray:
    """Outputs as one array, (example, width) float64."""
    lists = table["output"].combine_chunks()
    widths = lists.value_lengths().to_numpy()
    # A binary head gives one logit, or one for each label.
    allowed = (1, 2) if isinstance(labels, Binary) else (labels.width,)
    width = widths[0] if len(widths) and widths[0] in allowed else allowed[0]
    if wrong := np.flatnonzero(widths != width).tolist():
        raise InputError(
            f"{where}: row {wrong[0]}: the task's labels ask for {' or '.join(map(str, allowed))} "
            f"outputs an example, the same for all, found {widths[wrong[0]]}; train again with the "
            "present entry of the task"
        )
    outputs: np.ndarray = lists.flatten().to_numpy().astype(np.float64).reshape(-1, width)
    if broken := np.flatnonzero(~np.isfinite(outputs).all(axis=1)).tolist():
        raise InputError(
            f"{where}: row {broken[0]}: outputs must be finite numbers, "
            f"found {outputs[broken[0]].tolist()} ({len(broken)} such rows): "
            "the training diverged; a lower train.learning_rate may help"
        )
    return outputs


def decode_outputs(outputs: np.ndarray, labels: Labels) -> tuple[np.ndarray, np.ndarray | None]:
    """Predicted labels, (example,), and probabilities of outputs, (example, width) float64."""
    from scipy.special import expit, softmax

    if isinstance(labels, Similarity):
        return outputs[:, 0], None
    if isinstance(labels, Classes):
        return outputs.argmax(axis=1), softmax(outputs, axis=1)
    single = outputs.shape[1] == 1
    positive = expit(outputs[:, 0]) if single else softmax(outputs, axis=1)[:, 1]
    return (positive > THRESHOLD).astype(np.int64), positive


def submission(predictions: Predictions, labels: Labels, column: str) -> str:
    r"""Write predictions in the course's format: `id \t Heading `, then `id , value ` a line.

    Classes are written by their names, or as integers; binary labels without names as 1.0 or 0.0,
    similarities as the unclipped number. Ids are as in the split: graders join on them.
    """
    values = predictions.values.tolist()
    if not isinstance(labels, Similarity) and labels.names is not None:
        values = [labels.names[value] for value in values]
    elif not isinstance(labels, Classes):
        values = [float(value) for value in values]
    rows = zip(predictions.ids, values, strict=True)
    lines = [f"id \t {column} ", *(f"{name} , {value} " for name, value in rows)]
    return "\n".join(lines) + "\n"


def submission_path(folder: Path, settings: SubmissionFile, split: str, *, task: str) -> Path:
    """Path of a split's submission file in a folder, where Parquet tables lie too."""
    if settings.file.endswith(".parquet"):
        raise InputError(
            f"tasks.{task}.predictions.file: submission files are text, and .parquet "
            f"is the ending of the tables beside them; found {settings.file!r}"
        )
    return folder / settings.file.replace("{split}", split)


def confusion(predictions: Predictions, labels: Labels) -> str:
    """Actual and predicted class of each example as CSV, by their names."""
    import pandas as pd

    columns = dict(zip(("actual", "predicted"), predictions.classes(labels), strict=True))
    return pd.DataFrame(columns).to_csv(index=False, lineterminator="\n")
