"""All runs as long tables: every table and figure of a report is a pivot or a join of these.

    scores   strategy, seed, split, task, metric, value     read_scores
    facts    strategy, seed, updates, examples, run.json    read_facts
    steps    strategy, seed, step, epoch, task, loss, weight, examples    read_steps
    epochs   strategy, seed, step, epoch, task, value       read_epochs
    cosines  strategy, seed, step, epoch, first, second, cosine, norm_first, norm_second, tasks
             read_cosines

`runs` are (strategy, seed), whose rows come in this order; files of other runs are left alone.
`logs` holds STRATEGY-SEED/, which `train` writes; `metrics` STRATEGY-SEED.json and `predictions`
STRATEGY-SEED/, which `evaluate` writes. All raise InputError, naming a missing or broken file.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtbert.core.documents import mapping_of
from mtbert.core.errors import InputError, choices
from mtbert.core.params import read_json
from mtbert.core.schemas import PREDICTIONS, TYPES, read_table
from mtbert.evaluation.predictions import Predictions

KEY = ["strategy", "seed"]
SCORE = [*KEY, "split", "task", "metric", "value"]
STEP = ["step", "epoch", "task", "loss", "weight", "examples"]
COSINE = ["step", "epoch", "first", "second", "cosine", "norm_first", "norm_second"]
AGAIN = "`dvc repro` makes it anew"

Run = tuple[str, int]
Runs = Iterable[Run]
RunPredictions = dict[tuple[str, str], dict[int, Predictions]]


def read_scores(metrics: Path, runs: Runs) -> pd.DataFrame:
    """Scores of all runs, one a row; value is NaN where a metric is undefined."""
    measured = {(name, seed): read_json(metrics / f"{name}-{seed}.json") for name, seed in runs}
    return long_scores(measured, where=str(metrics))


def long_scores(measured: Mapping[Run, Mapping[str, Any]], *, where: str) -> pd.DataFrame:
    """The same from what `evaluate` writes of each run; `where` is the folder for messages."""
    rows = []
    for (strategy, seed), content in measured.items():
        for split in ("dev", "test") if "test" in content else ("dev",):
            tasks = content.get(split)
            if not isinstance(tasks, Mapping) or not all(
                isinstance(values, Mapping)
                and all(isinstance(value, float | int | None) for value in values.values())
                for values in tasks.values()
            ):
                raise InputError(
                    f"{where}/{strategy}-{seed}.json: {split}: expected metrics by task, found "
                    f"{tasks!r}; {AGAIN}"
                )
            for task, values in tasks.items():
                rows += [(strategy, seed, split, task, *pair) for pair in values.items()]
    return pd.DataFrame(rows, columns=SCORE).astype({"value": float})


def read_facts(logs: Path, metrics: Path, runs: Runs) -> pd.DataFrame:
    """One row a run: run.json with dotted keys, and its `training_budget`."""
    rows = []
    for strategy, seed in runs:
        facts = read_json(logs / f"{strategy}-{seed}" / "run.json")
        measured = read_json(path := metrics / f"{strategy}-{seed}.json")
        facts.pop("settings", None)
        flat: dict[Any, Any] = pd.json_normalize(facts).iloc[0].to_dict()
        rows.append({**flat, "strategy": strategy, "seed": seed, **training_budget(measured, path)})
    return pd.DataFrame(rows)


def training_budget(measured: Mapping[str, Any], where: object) -> dict[str, int]:
    """The optimizer's updates and the examples seen of all tasks, from what `evaluate` writes.

    Raises:
        InputError: one of them is no whole number.
    """
    examples = mapping_of(measured, "examples", where)
    counts = {"updates": measured.get("updates") or 0, **examples}
    for name, count in counts.items():
        if not isinstance(count, int):
            raise InputError(f"{where}: {name}: expected a whole number, found {count!r}; {AGAIN}")
    return {"updates": counts["updates"], "examples": sum(examples.values())}


def read_steps(logs: Path, runs: Runs) -> pd.DataFrame:
    """What each update drew of each task; a task that it did not draw has no row."""
    return _joined(runs, lambda run: long_steps(logs / run / "steps.csv"), STEP)


def long_steps(path: Path) -> pd.DataFrame:
    """One run's steps.csv in long form."""
    log = read_csv(path, ["step", "epoch"])
    tasks = [name[9:] for name in map(str, log) if name.startswith("examples_")]
    if not tasks:
        return pd.DataFrame(columns=STEP)
    check_columns(log, path, [f"{key}_{task}" for task in tasks for key in STEP[3:]])
    parts = [
        log[["step", "epoch"]].assign(task=task, **{key: log[f"{key}_{task}"] for key in STEP[3:]})
        for task in tasks
    ]
    long = pd.concat(parts).dropna(subset=["examples"])
    return long.sort_values("step", kind="stable", ignore_index=True)


def read_epochs(logs: Path, runs: Runs, mains: Mapping[str, str]) -> pd.DataFrame:
    """Main metric of each task on dev after each evaluation."""

    def read(run: str) -> pd.DataFrame:
        log = read_csv(logs / run / "epochs.csv", ["step", "epoch"])
        own = log.rename(columns={f"{task}_{metric}": task for task, metric in mains.items()})
        scored = [task for task in mains if task in own]
        return own.melt(["step", "epoch"], scored, "task", "value")

    return _joined(runs, read, ["step", "epoch", "task", "value"])


def read_cosines(logs: Path, runs: Runs) -> pd.DataFrame:
    """Cosines between per-task gradients in the sampled steps; NaN where a gradient is 0."""
    names = ["first", "second"]
    read = [name for name in COSINE if name not in names]
    cosines = _joined(
        runs, lambda run: read_csv(logs / run / "conflicts.csv", read, texts=names), COSINE
    )
    return cosines.assign(tasks=cosines["first"] + " – " + cosines["second"])


def read_predictions(
    folder: Path, runs: Runs, tasks: Mapping[str, Iterable[str]], split: str = "dev"
) -> RunPredictions:
    """What each run predicts for a split of some tasks, by (strategy, task), then by seed."""
    predictions: dict[tuple[str, str], dict[int, Predictions]] = defaultdict(dict)
    for strategy, seed in runs:
        for task in tasks[strategy]:
            path = folder / f"{strategy}-{seed}" / f"{task}-{split}.parquet"
            predictions[strategy, task][seed] = read_prediction(path)
    return dict(predictions)


def read_prediction(path: Path) -> Predictions:
    """One table that `evaluate` wrote; an InputError says what of it cannot be."""
    table = read_table(path, PREDICTIONS)
    probabilities = None
    others = [name for name in table.column_names if name not in PREDICTIONS]
    if others not in ([], ["probability"], ["probabilities"]):
        raise InputError(f"{path}: {choices('column', others[0], TYPES)}; {AGAIN}")
    if others == ["probability"]:
        probabilities = table["probability"].to_numpy()
    elif others:
        lists = table["probabilities"].combine_chunks()
        width = len(lists.flatten()) // max(1, len(lists))
        if (lists.value_lengths().to_numpy() != width).any():
            raise InputError(f"{path}: column probabilities: expected lists of one length")
        probabilities = lists.flatten().to_numpy().reshape(len(lists), width)
    labels = table["label"].to_numpy().astype(float)
    values = table["prediction"].to_numpy()
    shares = probabilities if probabilities is not None else np.zeros(0)
    if not (np.isfinite(values).all() and ((shares >= 0) & (shares <= 1)).all()):
        raise InputError(
            f"{path}: expected finite predictions, and probabilities from 0 to 1; {AGAIN}"
        )
    return Predictions(table["id"].to_pylist(), labels, values, probabilities)


def read_csv(path: Path, numbers: Sequence[str], *, texts: Sequence[str] = ()) -> pd.DataFrame:
    """Read a CSV file that has certain columns; empty cells of numbers become NaN."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; `dvc repro` makes it")
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys(texts, str))
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a CSV table ({error}); {AGAIN}") from None
    if not isinstance(table.index, pd.RangeIndex):  # as pandas reads longer rows
        raise InputError(f"{path}: rows have more fields than its header; {AGAIN}")
    check_columns(table, path, numbers, texts=texts)
    return table


def check_columns(
    table: pd.DataFrame, path: Path, numbers: Sequence[str], *, texts: Sequence[str] = ()
) -> None:
    """Refuse a table without some columns, or with a text in one of numbers."""
    for name in (*numbers, *texts):
        if name not in table:
            columns = ", ".join(map(str, table))
            raise InputError(f"{path}: no column {name!r} (found: {columns}); {AGAIN}")
    for name in numbers:
        wrong = table[name][pd.to_numeric(table[name], errors="coerce").isna()].dropna()
        if len(wrong):
            raise InputError(
                f"{path}: line {wrong.index[0] + 2}: {name}: expected a number, found "
                f"{wrong.iloc[0]!r}; {AGAIN}"
            )


def _joined(
    runs: Runs, read: Callable[[str], pd.DataFrame], columns: Sequence[str]
) -> pd.DataFrame:
    """One table of all runs' tables, with strategy and seed in front."""
    tables = [
        read(f"{strategy}-{seed}")[list(columns)].assign(strategy=strategy, seed=seed)
        for strategy, seed in runs
    ]
    full = [table for table in tables if len(table)]
    names = [*KEY, *columns]
    return pd.concat(full, ignore_index=True)[names] if full else pd.DataFrame(columns=names)
