"""Predictions as the files that the course's graders read, and as input of DVC's plots."""

import csv
import io
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError
from mtbert.core.labels import Classes, Labels, Similarity
from mtbert.core.tasks import Hand
from mtbert.evaluation.predictions import Predictions


def submission(predictions: Predictions, labels: Labels, column: str) -> str:
    r"""Write predictions in the course's format: `id \t Heading `, then `id , value ` a line.

    Labels with names are called by them; else classes are integers, binary labels 1.0 or 0.0.
    Similarities are the unclipped number.
    """
    values: list[Any] = predictions.values.tolist()
    if not isinstance(labels, Similarity) and labels.names is not None:
        values = [labels.names[value] for value in values]
    elif not isinstance(labels, Classes):
        values = [float(value) for value in values]
    rows = zip(predictions.ids, values, strict=True)
    lines = [f"id \t {column} ", *(f"{name} , {value} " for name, value in rows)]
    return "\n".join(lines) + "\n"


def submission_path(folder: Path, hand: Hand, split: str, *, task: str) -> Path:
    """Path of a split's submission file in a folder.

    Raises:
        InputError: the file would be taken for one of the tables that lie beside it.
    """
    if hand.file.endswith(".parquet"):
        raise InputError(
            f"tasks.{task}.predictions.file: submission files are text, and .parquet "
            f"is the ending of the tables beside them; found {hand.file!r}"
        )
    return folder / hand.file.replace("{split}", split)


def confusion(predictions: Predictions, labels: Labels) -> str:
    """Actual and predicted class of each example as CSV, by their names."""
    actual, predicted = predictions.classes(labels)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["actual", "predicted"])
    writer.writerows(zip(actual, predicted, strict=True))
    return file.getvalue()
