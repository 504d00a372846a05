"""All runs as long tables: every table and figure of a report is a pivot or a join of these.

    scores   strategy, seed, split, task, metric, value     read_scores
    facts    strategy, seed, updates, examples, run.json    read_facts
    steps    strategy, seed, step, epoch, task, loss, weight, examples    read_steps
    epochs   strategy, seed, step, epoch, task, value       read_epochs
    cosines  strategy, seed, step, epoch, first, second, cosine, norm_first, norm_second, tasks
             read_cosines
    answers  id, label, prediction, probability; one table a run and task    read_answers

`runs` are (strategy, seed), whose rows come in this order; files of other runs are left alone.
`logs` holds STRATEGY-SEED/, which `train` writes; `metrics` STRATEGY-SEED.json and `predictions`
STRATEGY-SEED/, which `evaluate` writes. All raise InputError, naming a missing or broken file.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mtbert.core.errors import InputError
from mtbert.core.params import read_json
from mtbert.core.schemas import read_table

KEY = ["strategy", "seed"]
SCORE = [*KEY, "split", "task", "metric", "value"]
STEP = ["step", "epoch", "task", "loss", "weight", "examples"]
COSINE = ["step", "epoch", "first", "second", "cosine", "norm_first", "norm_second"]
AGAIN = "`dvc repro` makes it anew"

Runs = Iterable[tuple[str, int]]
Answers = Mapping[tuple[str, int, str], pd.DataFrame]


def read_scores(metrics: Path, runs: Runs) -> pd.DataFrame:
    """Scores of all runs, one a row; value is NaN where a metric is undefined."""
    rows: list[tuple[Any, ...]] = []
    for strategy, seed in runs:
        path = metrics / f"{strategy}-{seed}.json"
        rows += score_rows(strategy, seed, read_json(path), where=str(path))
    return score_frame(rows)


def score_rows(
    strategy: str, seed: int, measured: Mapping[str, Any], *, where: str
) -> list[tuple[Any, ...]]:
    """The rows of one run's file."""
    tasks = measured.get("dev")
    if not isinstance(tasks, Mapping) or not all(isinstance(it, Mapping) for it in tasks.values()):
        raise InputError(f"{where}: dev: expected metrics by task, found {tasks!r}; {AGAIN}")
    return [
        (strategy, seed, "dev", task, metric, value)
        for task, values in tasks.items()
        for metric, value in values.items()
    ]


def score_frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows of scores as a table."""
    scores = pd.DataFrame(rows, columns=SCORE)
    return scores.assign(value=scores["value"].astype(float))


def read_facts(logs: Path, metrics: Path, runs: Runs) -> pd.DataFrame:
    """One row a run: run.json with dotted keys, and what the training training_budget.

    `updates` are the optimizer's steps, `examples` those seen, all tasks together.
    """
    rows = []
    for strategy, seed in runs:
        facts = read_json(logs / f"{strategy}-{seed}" / "run.json")
        measured = read_json(metrics / f"{strategy}-{seed}.json")
        facts.pop("settings", None)
        flat: dict[Any, Any] = pd.json_normalize(facts).iloc[0].to_dict()
        rows.append({**flat, "strategy": strategy, "seed": seed, **training_budget(measured)})
    return pd.DataFrame(rows)


def training_budget(measured: Mapping[str, Any]) -> dict[str, int]:
    """Updates made and examples seen, from what `evaluate` writes of a run."""
    examples = measured.get("examples") or {}
    return {"updates": measured.get("updates") or 0, "examples": sum(examples.values())}


def read_steps(logs: Path, runs: Runs) -> pd.DataFrame:
    """What each update drew of each task; a task that it did not draw has no row."""
    return _joined(runs, lambda run: long_steps(logs / run / "steps.csv"), STEP)


def long_steps(path: Path) -> pd.DataFrame:
    """One run's steps.csv in long form."""
    log = read_csv(path, ["step", "epoch"])
    tasks = [name[9:] for name in map(str, log) if name.startswith("examples_")]
    parts = [
        pd.DataFrame(
            {
                "step": log["step"],
                "epoch": log["epoch"],
                "task": task,
                **{key: _column(log, f"{key}_{task}", path) for key in STEP[3:]},
            }
        )
        for task in tasks
    ]
    long = pd.concat(parts) if parts else pd.DataFrame(columns=STEP)
    return long[long["examples"].notna()].sort_values("step", kind="stable", ignore_index=True)


def read_epochs(logs: Path, runs: Runs, mains: Mapping[str, str]) -> pd.DataFrame:
    """Main metric of each task on dev after each evaluation."""

    def read(run: str) -> pd.DataFrame:
        log = read_csv(logs / run / "epochs.csv", ["step", "epoch"])
        names = {f"{task}_{metric}": task for task, metric in mains.items()}
        own = log.rename(columns=names)
        there = [task for task in mains if task in own]
        return own.melt(["step", "epoch"], there, "task", "value")

    return _joined(runs, read, ["step", "epoch", "task", "value"])


def read_cosines(logs: Path, runs: Runs) -> pd.DataFrame:
    """Cosines between per-task gradients in the sampled steps; NaN where a gradient is 0."""
    names = ["first", "second"]
    read = [name for name in COSINE if name not in names]
    cosines = _joined(
        runs, lambda run: read_csv(logs / run / "conflicts.csv", read, texts=names), COSINE
    )
    return cosines.assign(tasks=cosines["first"] + " – " + cosines["second"])


def read_answers(predictions: Path, runs: Runs, tasks: Mapping[str, Sequence[str]]) -> Answers:
    """What each run predicts on dev, by strategy, seed and task."""
    return {
        (strategy, seed, task): read_table(
            predictions / f"{strategy}-{seed}" / f"{task}-dev.parquet"
        ).to_pandas()
        for strategy, seed in runs
        for task in tasks[strategy]
    }


def read_csv(path: Path, numbers: Sequence[str], *, texts: Sequence[str] = ()) -> pd.DataFrame:
    """Read a CSV file that has certain columns; empty cells of numbers become NaN."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; `dvc repro` makes it")
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys(texts, str))
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a CSV table ({error}); {AGAIN}") from None
    for name in (*numbers, *texts):
        if name not in table:
            raise InputError(
                f"{path}: no column {name!r} (found: {', '.join(map(str, table))}); {AGAIN}"
            )
    for name in numbers:
        _column(table, name, path)
    return table


def _column(table: pd.DataFrame, name: str, path: Path) -> pd.Series:
    """A column of numbers."""
    if name not in table:
        raise InputError(
            f"{path}: no column {name!r} (found: {', '.join(map(str, table))}); {AGAIN}"
        )
    numbers = pd.to_numeric(table[name], errors="coerce")
    wrong = table[name][numbers.isna() & table[name].notna()]
    if len(wrong):
        raise InputError(
            f"{path}: line {wrong.index[0] + 2}: {name}: expected a number, found "
            f"{wrong.iloc[0]!r}; {AGAIN}"
        )
    return numbers


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
