"""Section `ensembles`, and the average of several runs' predictions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator

from mtbert.core.errors import InputError, choices
from mtbert.core.names import check_name
from mtbert.core.params import Settings, read_params, validate
from mtbert.core.schemas import OUTPUTS, read_table, write_table
from mtbert.core.seeds import read_seeds
from mtbert.core.tasks import Binary, Classes, Labels, Task
from mtbert.evaluation.predictions import decode

SECTION = "ensembles"
Average = Literal["predictions", "weights"]


class Ensemble(Settings):
    """One entry of section `ensembles`."""

    of: Annotated[tuple[str, ...], Field(min_length=1)]  # strategies, with all seeds
    average: Average

    @field_validator("of")
    @classmethod
    def _distinct(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError(f"each strategy once, found {list(names)}")
        return names


class Member(Settings):
    """A run that is averaged."""

    logs_md5: str  # of its logs, which another training of it would write anew
    updates: int
    examples: dict[str, int]  # of each task, that it saw


class Members(Settings):
    """All that an ensemble depends on, beside the runs' own outputs."""

    average: Average
    plans: dict[str, str]  # of each strategy: path → MD5
    runs: dict[str, Member]
    data_source: str = ""
    encoder: str = ""

    def summary(self) -> dict[str, Any]:
        """What an ensemble's metrics tell beside scores; its training is that of all members."""
        examples = Counter[str]()
        for run in self.runs.values():
            examples.update(run.examples)
        return {
            "updates": sum(run.updates for run in self.runs.values()),
            "examples": dict(examples),
            "data_source": self.data_source,
            "encoder": self.encoder,
            "ensemble": {"average": self.average, "members": list(self.runs)},
        }


def read_ensembles(params: Path) -> dict[str, Ensemble]:
    """Read section `ensembles` of a params file.

    Raises:
        InputError: there is no such section; an entry does not fit, names no strategy of the file,
            or has the name of one or of one of its runs.
    """
    data = read_params(params)
    strategies = data.get("strategies") or {}
    entries = data.get(SECTION)
    if not isinstance(entries, Mapping):  # DVC cannot go through an empty section
        raise InputError(
            f"{params}: {SECTION}: expected a mapping of names, {{}} for none, found {entries!r}"
        )
    runs = {f"{name}-{seed}" for name in strategies for seed in read_seeds(params)}
    ensembles = {}
    for name, entry in entries.items():
        where = f"{params}: {SECTION}.{name}"
        check_name(name, where=f"{params}: {SECTION}")
        if name in strategies or name in runs:
            raise InputError(f"{where}: a strategy or a run has this name; expected another")
        ensembles[str(name)] = validate(Ensemble, entry, where=where)
        for strategy in ensembles[str(name)].of:
            if strategy not in strategies:
                raise InputError(f"{where}.of: {choices('strategy', strategy, strategies)}")
    return ensembles


def check_tasks(tasks: Mapping[str, Sequence[str]], *, where: str) -> None:
    """Refuse to average strategies that have other tasks; `tasks` are those of each."""
    (first, own), *others = tasks.items()
    for name, theirs in others:
        if differing := sorted({*own} ^ {*theirs}):
            raise InputError(
                f"{where}: {first} and {name} differ in tasks: {', '.join(differing)}; expected "
                f"strategies with the same"
            )


def average_predictions(
    runs: Mapping[str, Path], tasks: Mapping[str, Task], folder: Path, *, test: bool
) -> None:
    """Write, as one run would, the mean of what several predict; `runs` are their folders."""
    for name, task in tasks.items():
        for split in ("dev", "test") if test and "test" in task.files else ("dev",):
            paths = [run / "predictions" / f"{name}-{split}.parquet" for run in runs.values()]
            tables = {str(path): read_table(path, OUTPUTS) for path in paths}
            table = average_outputs(tables, task.labels)
            write_table(folder / "predictions" / f"{name}-{split}.parquet", table)


def average_outputs(tables: Mapping[str, pa.Table], labels: Labels) -> pa.Table:
    """Average what several runs put out for a split: a table like theirs, by their mean prediction.

    The mean of probabilities for classes (written as log p, or of binary labels as log-odds, whose
    softmax or sigmoid they are), of values for similarities. Keys of `tables` name them in errors.

    Raises:
        InputError: an output is not one of the task, or the runs answered different examples.
    """
    (where, first), *others = tables.items()
    for name, table in others:
        if not table.select(["id", "label"]).equals(first.select(["id", "label"])):
            raise InputError(f"{name}: other examples than {where}; `dvc repro` predicts anew")
    decoded = [decode(own, labels, labelled=False, where=name) for name, own in tables.items()]
    if isinstance(labels, Classes | Binary):
        p = np.mean([run.read("probabilities", labels) for run in decoded], axis=0)
        p = np.clip(p, np.finfo(float).tiny, 1 - np.finfo(float).epsneg)  # finite logarithms
        outputs: Any = np.log(p) - (np.log1p(-p) if isinstance(labels, Binary) else 0)
    else:
        outputs = np.mean([run.values for run in decoded], axis=0)
    rows = pa.array(list(outputs.reshape(len(first), -1)), pa.list_(pa.float64()))
    return first.select(["id", "label"]).append_column("output", rows)
