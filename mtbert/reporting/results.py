"""The small files that the runs left behind, read into one structure."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtbert.errors import InputError
from mtbert.params import read_yaml
from mtbert.reporting.settings import Scope
from mtbert.tasks import Task, read_tasks

# The metric that a task is judged by, for each kind of labels.
PRIMARY = {"classes": "accuracy", "binary": "accuracy", "similarity": "pearson"}

# A CSV log as columns; an empty cell is None, a cell that is no number stays text.
Log = dict[str, list[Any]]
Pairs = list[tuple[int, int]]


@dataclass(frozen=True)
class Run:
    """One strategy with one seed."""

    seed: int
    metrics: dict[str, dict[str, Any]]
    facts: dict[str, Any]  # run.json
    steps: Log
    epochs: Log
    confusion: dict[str, Pairs]  # task -> (actual, predicted) of each dev example


@dataclass(frozen=True)
class Strategy:
    """One strategy with all its seeds."""

    name: str
    plan: dict[str, Any]
    tasks: dict[str, Task]  # those it trains on
    runs: tuple[Run, ...]

    def values(self, group: str, metric: str) -> list[float]:
        """One metric over the seeds, seeds without a value left out."""
        found = (run.metrics.get(group, {}).get(metric) for run in self.runs)
        return [value for value in found if value is not None]


@dataclass(frozen=True)
class Results:
    """Everything a report shows."""

    scope: Scope
    strategies: tuple[Strategy, ...]
    text: dict[str, Any]  # text.json of `prepare`
    tokens: dict[str, Any]  # tokens.json of `tokenize`

    @property
    def baseline(self) -> Strategy:
        """The strategy that the others are compared to."""
        return next(one for one in self.strategies if one.name == self.scope.baseline)

    @property
    def tasks(self) -> dict[str, Task]:
        """Every task that some strategy trains on."""
        return {name: task for one in self.strategies for name, task in one.tasks.items()}

    @property
    def runs(self) -> list[Run]:
        """All runs, strategy by strategy."""
        return [run for one in self.strategies for run in one.runs]

    def facts(self, key: str) -> list[Any]:
        """The distinct values of one entry of run.json, in the order of the runs."""
        distinct: list[Any] = []
        for run in self.runs:
            if (value := run.facts.get(key)) not in distinct:
                distinct.append(value)
        return distinct


def read_results(scope: Scope, plans: Path, reports: Path) -> Results:
    """Read the files of every run in scope; files of other strategies and seeds are left alone.

    Raises:
        InputError: a file is missing or cannot be read.
    """
    return Results(
        scope=scope,
        strategies=tuple(
            read_strategy(name, scope.seeds, plans, reports) for name in scope.strategies
        ),
        text=read_json(reports / "data/text.json"),
        tokens=read_json(reports / "data/tokens.json"),
    )


def read_strategy(name: str, seeds: Iterable[int], plans: Path, reports: Path) -> Strategy:
    """Read one strategy's plan and its runs with the given seeds."""
    path = plans / f"{name}.yaml"
    plan, tasks = read_yaml(path), read_tasks(path)
    own = {task: tasks[task] for task in plan["train"]["tasks"]}
    return Strategy(name, plan, own, tuple(_run(name, seed, own, reports) for seed in seeds))


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        InputError: there is no such file, or it is no JSON object.
    """
    try:
        data = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(data).__name__}")
    return data


def _run(strategy: str, seed: int, tasks: dict[str, Task], reports: Path) -> Run:
    name = f"{strategy}-{seed}"
    kinds = {task: row.labels.kind for task, row in tasks.items()}
    classed = [task for task, kind in kinds.items() if kind != "similarity"]
    metrics = read_json(reports / f"metrics/{name}.json")
    for task, kind in kinds.items():
        if PRIMARY[kind] not in metrics.get(task, {}):
            raise InputError(
                f"{reports / 'metrics'}/{name}.json: {task}: no {PRIMARY[kind]}; "
                "the file is older than the plan, `dvc repro` makes it anew"
            )
    return Run(
        seed=seed,
        metrics=metrics,
        facts=read_json(reports / f"runs/{name}/run.json"),
        steps=_log(reports / f"runs/{name}/steps.csv"),
        epochs=_log(reports / f"runs/{name}/epochs.csv"),
        confusion={task: _pairs(reports / f"confusion/{name}/{task}.csv") for task in classed},
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc repro` makes it") from None


def _log(path: Path) -> Log:
    header, *rows = csv.reader(_text(path).splitlines()) or [[]]
    return {name: [_cell(row[i]) for row in rows] for i, name in enumerate(header)}


def _cell(text: str) -> Any:
    try:
        return float(text) if text else None
    except ValueError:
        return text


def _pairs(path: Path) -> Pairs:
    log = _log(path)
    return [(int(a), int(b)) for a, b in zip(log["actual"], log["predicted"], strict=True)]
