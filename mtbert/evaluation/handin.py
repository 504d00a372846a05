"""Predictions as the files that the course's graders read, and as input of DVC's plots."""

import csv
import io
from pathlib import Path

from mtbert.errors import InputError
from mtbert.evaluation.predictions import Predictions
from mtbert.tasks import Binary, Classes, Hand, Labels


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
        InputError: the file's name is not a plain one, or another split or task has it already.
    """
    name = hand.file.replace("{split}", split)
    where = f"tasks.{task}.predictions.file"
    if Path(name).name != name:
        raise InputError(f"{where}: must be a file name without folders, found {hand.file!r}")
    if (folder / name).exists():
        raise InputError(
            f"{where}: {name} is taken by another split or task; "
            "put {split} into the name and make it this task's own"
        )
    return folder / name


def confusion(predictions: Predictions, labels: Labels) -> str | None:
    """Actual and predicted class of each example as CSV; None for a similarity."""
    if not isinstance(labels, (Classes, Binary)):
        return None
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["actual", "predicted"])
    actual = predictions.labels.astype(int).tolist()
    writer.writerows(zip(actual, predictions.values.tolist(), strict=True))
    return file.getvalue()
