"""A study worth keeping: what its strategies scored and took, and the command that repeats it.

The record holds the facts; `Record.results` gives them the form that every table reads.
"""

import re
from collections.abc import Mapping
from itertools import repeat
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from mtbert.core.params import Settings, read_json, validate
from mtbert.core.tasks import Task
from mtbert.reporting.comparison import summarize
from mtbert.reporting.conflicts import Conflicts
from mtbert.reporting.files import Pairs
from mtbert.reporting.results import Results, Run, Strategy
from mtbert.reporting.settings import Scope

FILE = "record.json"
# What older records do not have.
LATER = ("confusion", "conflicts")

Matrix = tuple[tuple[int, ...], ...]


class Cross(Settings):
    """Two settings to lay across each other, and the metrics (`group.name`) to show for them."""

    rows: str
    columns: str
    metrics: Annotated[tuple[str, ...], Field(min_length=1)]


class Times(Settings):
    """What a step of each strategy takes, as a ratio to the first one's, measured side by side."""

    command: str
    hardware: str
    threads: int
    ratios: dict[str, Annotated[float, Field(gt=0)]]


class Kept(Settings):
    """One strategy; `metrics`, `run` (of run.json) and what follows hold one entry a seed."""

    name: str
    changes: dict[str, Any]
    settings: dict[str, Any]
    metrics: tuple[dict[str, Any], ...]
    run: tuple[dict[str, Any], ...]
    # Of each task, dev examples by actual (down) and predicted class; the first record has none.
    confusion: tuple[dict[str, Matrix], ...] = ()
    # How the tasks' gradients lay to each other; the first records have none.
    conflicts: tuple[Conflicts, ...] = ()


class Record(Settings):
    """Some strategies of one workspace, each run with the same seeds."""

    title: Annotated[str, Field(min_length=1)]
    command: str
    note: str
    cross: Cross | None
    conflicts: bool = False  # whether the page tells of them
    times: Times | None = None
    seeds: tuple[int, ...]
    tasks: dict[str, Task]
    strategies: Annotated[tuple[Kept, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _complete(self) -> "Record":
        for one in self.strategies:
            for name in ("metrics", "run", *LATER):
                found = getattr(one, name)
                if len(found) != len(self.seeds) and (found or name not in LATER):
                    raise ValueError(
                        f"{one.name}: {name} needs an entry for each of {len(self.seeds)} seeds, "
                        f"found {len(found)}"
                    )
        return self

    def results(self) -> Results:
        """The record as the results of a workspace; the logs stay in the files beside it."""
        return Results(
            scope=Scope(
                title=self.title,
                baseline=self.strategies[0].name,
                strategies={one.name: one.changes for one in self.strategies},
                seeds=self.seeds,
                tasks=self.tasks,
            ),
            strategies=tuple(self._strategy(one) for one in self.strategies),
            text={},
            tokens={},
        )

    def _strategy(self, one: Kept) -> Strategy:
        runs = tuple(
            Run(seed, metrics, facts, {}, {}, confusion=_pairs(counts), conflicts=conflicts)
            for seed, metrics, facts, counts, conflicts in zip(
                self.seeds,
                one.metrics,
                one.run,
                one.confusion or repeat({}),
                one.conflicts or repeat(None),
                strict=False,
            )
        )
        tasks = {task: self.tasks[task] for task in one.settings["tasks"]}
        return Strategy(one.name, one.changes, one.settings, tasks, runs)


def _pairs(confusion: Mapping[str, Matrix]) -> dict[str, Pairs]:
    return {
        task: [
            (actual, predicted)
            for actual, row in enumerate(counts)
            for predicted, count in enumerate(row)
            for _ in range(count)
        ]
        for task, counts in confusion.items()
    }


def dumps(record: Settings) -> str:
    """Write a record as JSON, lists of numbers on one line each."""
    text = record.model_dump_json(indent=2, exclude_unset=True)
    return (
        re.sub(r"\[\n\s+([\d\s,]+?)\n\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text) + "\n"
    )


def read_records(studies: Path) -> dict[str, Record]:
    """Read studies/*/record.json: a study's folder, as `studies/name`, to its record.

    Raises:
        InputError: a record does not fit.
    """
    paths = sorted(studies.glob(f"*/{FILE}"))
    return {
        f"{studies.name}/{path.parent.name}": validate(Record, read_json(path), where=str(path))
        for path in paths
    }


def average(one: Strategy, entry: str, scale: float = 1.0) -> float | None:
    """Mean over seeds of a number in run.json, given as `key` or `section.key`."""
    found: list[Any] = [run.facts for run in one.runs]
    for key in entry.split("."):
        found = [facts.get(key) if isinstance(facts, dict) else None for facts in found]
    summary = summarize([value * scale for value in found if value is not None])
    return None if summary is None else summary.mean
