"""Predictions as the files that the course's graders read, and as input of DVC's plots."""

import csv
import io
from pathlib import Path

import numpy as np

from mtbert.errors import InputError
from mtbert.evaluation.predictions import Predictions
from mtbert.tasks import Classes, Hand, Labels


def handin(predictions: Predictions, labels: Labels, column: str) -> str:
    r"""Write predictions in the course's format: `id \t Heading `, then `id , value ` a line.

    Classes are integers, binary labels 1.0 or 0.0, similarities the unclipped number.
    """
    values = predictions.values if isinstance(labels, Classes) else predictions.values.astype(float)
    rows = zip(predictions.ids, values.tolist(), strict=True)
    lines = [f"id \t {column} ", *(f"{name} , {value} " for name, value in rows)]
    return "\n".join(lines) + "\n"


def handin_path(folder: Path, hand: Hand, split: str, *, task: str) -> Path:
    """Path of a split's hand-in file in a folder.

    Raises:
        InputError: the file would be taken for one of the tables that lie beside it.
    """
    if hand.file.endswith(".parquet"):
        raise InputError(
            f"tasks.{task}.predictions.file: hand-in files are text, and .parquet is the ending of "
            f"the tables beside them; found {hand.file!r}"
        )
    return folder / hand.file.replace("{split}", split)


def confusion(predictions: Predictions, labels: Labels) -> str:
    """Actual and predicted class of each example as CSV.

    A similarity is clipped to its range and rounded to whole labels, halves up.
    """
    low, high = labels.bounds
    actual, predicted = (
        np.floor(np.clip(values, low, high) + 0.5).astype(int).tolist()
        for values in (predictions.labels, predictions.values)
    )
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["actual", "predicted"])
    writer.writerows(zip(actual, predicted, strict=True))
    return file.getvalue()
