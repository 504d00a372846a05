"""What all runs of a study answered on dev, in one small table a task: written and read.

A table has the examples' `id` and `label`, and a column for each run, `row-seed`. The claims are
judged from these tables, which are small enough to stand beside the results that they led to.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mtbert.claims.runs import Answers
from mtbert.core.errors import InputError
from mtbert.core.schemas import read_table

if TYPE_CHECKING:
    import pyarrow as pa

EXAMPLES = ["id", "label"]


def gather(predictions: Path, runs: Mapping[str, Sequence[str]]) -> "dict[str, pa.Table]":
    """Put what runs predict into one table a task.

    Args:
        predictions: Folder of RUN/{task}-dev.parquet, as `evaluate` writes them.
        runs: The tasks of each run.

    Raises:
        InputError: a file is missing, or lacks a column; two runs answered other examples.
    """
    found: dict[str, pa.Table] = {}
    for run, tasks in runs.items():
        for task in tasks:
            path = predictions / run / f"{task}-dev.parquet"
            table = read_table(path)
            for name in (*EXAMPLES, "prediction"):
                if name not in table.column_names:
                    raise InputError(
                        f"{path}: no column {name!r} (found: {', '.join(table.column_names)}); "
                        "`dvc repro` makes it anew"
                    )
            own = table.select([*EXAMPLES, "prediction"]).rename_columns([*EXAMPLES, run])
            found[task] = joined(found.get(task), own, where=str(path))
    return {task: _short(table) for task, table in found.items()}


def joined(table: "pa.Table | None", other: "pa.Table", *, where: str) -> "pa.Table":
    """Add the runs of a table to another one that lacks them.

    Raises:
        InputError: they answered other examples, or the same in another order.
    """
    if table is None:
        return other
    for name in EXAMPLES:
        if table[name].to_pylist() != other[name].to_pylist():
            raise InputError(
                f"{where}: its dev examples ({name}) differ from those of the runs beside it: "
                "a comparison needs the same examples in the same order"
            )
    for name in other.column_names[len(EXAMPLES) :]:
        table = table.append_column(name, other[name])
    return table


def read_tables(folder: Path) -> "dict[str, pa.Table]":
    """Read a study's folder of tables, by task.

    Raises:
        InputError: a file is broken.
    """
    return {path.stem: read_table(path) for path in sorted(folder.glob("*.parquet"))}


def answers(
    tables: "Mapping[str, pa.Table]", run: str, tasks: Sequence[str], *, where: str
) -> dict[str, Answers]:
    """Take one run's answers to some tasks out of a study's tables.

    Raises:
        InputError: it is not in them.
    """
    found = {}
    for task in tasks:
        if task not in tables or run not in tables[task].column_names:
            raise InputError(f"{where}/{task}.parquet: no answers of {run}; `make pages` has them")
        label, prediction = (
            tables[task][name].to_numpy(zero_copy_only=False) for name in ("label", run)
        )
        found[task] = Answers(label.astype(float), prediction.astype(float))
    return found


def _short(table: "pa.Table") -> "pa.Table":
    """Numbers that came from float32 outputs need no more room than these."""
    import pyarrow as pa

    for place, name in enumerate(table.column_names):
        if pa.types.is_float64(table[name].type):
            values = table[name].to_numpy(zero_copy_only=False)
            short = values.astype(np.float32)
            if np.array_equal(short, values):
                table = table.set_column(place, name, pa.array(short))
    return table
