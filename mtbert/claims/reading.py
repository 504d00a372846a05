"""How a run's predictions are read."""

from collections.abc import Iterable
from pathlib import Path

from mtbert.claims.runs import Answers
from mtbert.errors import InputError
from mtbert.schemas import read_table


def read_answers(folder: Path, tasks: Iterable[str]) -> dict[str, Answers]:
    """Read what a run predicts on dev, FOLDER/{task}-dev.parquet as `evaluate` writes it.

    Raises:
        InputError: a file is missing, or lacks a column.
    """
    return {task: _answers(folder / f"{task}-dev.parquet") for task in tasks}


def _answers(path: Path) -> Answers:
    table = read_table(path)
    for name in ("label", "prediction"):
        if name not in table.column_names:
            raise InputError(
                f"{path}: no column {name!r} (found: {', '.join(table.column_names)}); `dvc repro` "
                "makes it anew"
            )
    label, prediction = (
        table[name].to_numpy(zero_copy_only=False) for name in ("label", "prediction")
    )
    return Answers(label.astype(float), prediction.astype(float))
