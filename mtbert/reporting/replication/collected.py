"""What the pages need of one study: its rows, what was printed of them, and the runs there are.

`replication.json` is this and nothing else, so that pages can be drawn anew from it alone.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from mtbert.core.params import Settings, read_json, validate
from mtbert.core.tasks import Task
from mtbert.reporting.conflicts import Conflicts
from mtbert.reporting.records import Matrix
from mtbert.reporting.replication.exhibits import Exhibit
from mtbert.reporting.results import Run, Strategy

FILE = "replication.json"
ANSWERS = "answers"  # beside it: a table a task, of what each run answered on dev

Why = Literal["not run", "run with another plan"]
Split = Literal["dev", "test"]
NOT_RUN: Why = "not run"
OTHER_PLAN: Why = "run with another plan"


class Line(Settings):
    """Points of a curve."""

    x: tuple[float, ...]
    y: tuple[float, ...]


class Done(Settings):
    """A row's run with one seed."""

    seed: int
    metrics: dict[str, dict[str, Any]]
    facts: dict[str, Any]  # of run.json
    losses: dict[str, Line]  # by trained task: its mean loss over parts of the run, by epoch
    dev: dict[str, Line]  # by task: its main metric by epoch
    confusion: dict[str, Matrix]  # dev examples by actual (down) and predicted class
    conflicts: Conflicts | None
    mixing: dict[str, Line]  # share of the batches by epoch; empty where every step has all tasks
    seen: int  # examples that it was trained on, batch by batch


class Missing(Settings):
    """A seed that a row is to be run with."""

    seed: int
    why: Why


class Row(Settings):
    """An experiment of the report, or one of ours."""

    changes: dict[str, Any]  # to section `train`, as printed
    printed: dict[Split, dict[str, float]]  # score -> figure
    other: dict[str, dict[str, float]]  # on dev: task -> metric -> figure
    faulty: tuple[str, ...] = ()  # scores whose printed figures the report calls wrong itself
    choice: str  # what we chose where the report is silent
    tasks: tuple[str, ...]  # scored
    evaluation_only: tuple[str, ...]  # of these
    runs: tuple[Done, ...]
    missing: tuple[Missing, ...]


class Point(Settings):
    """One point of a sweep: a row with some settings changed, run with one seed."""

    sweep: str
    changes: dict[str, str]  # to the row that all sweeps start from, those held included
    scores: dict[str, float]  # by task its main metric, and the overall score


class Budget(Settings):
    """The budget that the rows were cut down by."""

    name: str
    says: str
    limits: tuple[str, ...]  # what its figures cannot tell


class Replication(Settings):
    """One study."""

    study: str
    title: str
    overall: Literal["mean", "leaderboard", "other"]  # the formula of the printed overall scores
    budget: Budget
    choice: str  # what concerns all rows
    tasks: dict[str, Task]
    rows: dict[str, Row]
    exhibits: tuple[Exhibit, ...]
    points: tuple[Point, ...] = ()  # of the sweeps, in the order in which they were run

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        """Rows with a run, in the form that the tables of every report read."""
        return tuple(self.strategy(name) for name, row in self.rows.items() if row.runs)

    def strategy(self, name: str) -> Strategy:
        """A row in this form; one without runs has none."""
        row = self.rows[name]
        runs = tuple(
            Run(one.seed, one.metrics, one.facts, {}, {}, confusion={}, conflicts=one.conflicts)
            for one in row.runs
        )
        tasks = {task: self.tasks[task] for task in row.tasks}
        return Strategy(
            name, row.changes, {"evaluation_only": list(row.evaluation_only)}, tasks, runs
        )

    @property
    def done(self) -> list[Done]:
        """All runs, row by row."""
        return [run for row in self.rows.values() for run in row.runs]

    @property
    def runs(self) -> dict[str, tuple[str, ...]]:
        """The tasks of all runs, by `row-seed`."""
        return {f"{n}-{one.seed}": row.tasks for n, row in self.rows.items() for one in row.runs}

    @property
    def missing(self) -> dict[str, Missing]:
        """All runs that are still to be made, by `row-seed`."""
        return {f"{name}-{one.seed}": one for name, row in self.rows.items() for one in row.missing}


def read_replications(folder: Path) -> dict[str, Replication]:
    """Read FOLDER/*/replication.json, by study.

    Raises:
        InputError: a file does not fit.
    """
    return {
        path.parent.name: validate(Replication, read_json(path), where=str(path))
        for path in sorted(folder.glob(f"*/{FILE}"))
    }


def digest(folder: Path, study: str) -> str:
    """What identifies a study's results below a folder: its file, and what its runs answered."""
    found = hashlib.md5((folder / study / FILE).read_bytes(), usedforsecurity=False)
    for path in sorted((folder / study / ANSWERS).glob("*.parquet")):
        found.update(path.name.encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def flat(tree: Mapping[str, Any] | None) -> dict[str, Any]:
    """A mapping without the entries that are None."""
    return {key: value for key, value in (tree or {}).items() if value is not None}
