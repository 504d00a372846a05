"""How strategies of a workspace become a record, and which files are kept beside it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError
from mtbert.core.labels import classes
from mtbert.core.params import validate
from mtbert.core.tasks import Task
from mtbert.reporting.files import Pairs
from mtbert.reporting.records import Cross, Record, Times
from mtbert.reporting.results import Strategy


def record(
    strategies: Sequence[Strategy],
    *,
    title: str,
    note: str,
    command: str,
    cross: Cross | None,
    conflicts: bool = False,
    times: Times | None = None,
) -> Record:
    """Make the record of some strategies and their seeds.

    Raises:
        InputError: a run had other settings than its plan has.
    """
    tasks = {name: task for one in strategies for name, task in one.tasks.items()}
    data: Mapping[str, Any] = {
        "title": title,
        "command": command,
        "note": note,
        "cross": cross and cross.model_dump(),
        "conflicts": conflicts,
        "times": times and times.model_dump(),
        "seeds": [run.seed for run in strategies[0].runs],
        "tasks": {n: task.model_dump(mode="json", exclude_unset=True) for n, task in tasks.items()},
        "strategies": [_kept(one) for one in strategies],
    }
    return validate(Record, data, where=f"record of {title}")


def _kept(one: Strategy) -> dict[str, Any]:
    for run in one.runs:
        if run.facts.get("settings", one.settings) != one.settings:
            raise InputError(
                f"{one.name}-{run.seed}: run.json has other settings than the plan; "
                "run `dvc repro` first"
            )
    # They stand once, beside the seeds.
    told = ("strategy", "settings")
    return {
        "name": one.name,
        "changes": one.changes,
        "settings": one.settings,
        "metrics": [run.metrics for run in one.runs],
        "run": [{k: v for k, v in run.facts.items() if k not in told} for run in one.runs],
        "confusion": [
            {task: _counts(pairs, one.tasks[task]) for task, pairs in run.confusion.items()}
            for run in one.runs
        ],
        "conflicts": [run.conflicts.model_dump() for run in one.runs if run.conflicts is not None],
    }


def _counts(pairs: Pairs, task: Task) -> list[list[int]]:
    size, count = len(classes(task.labels)), Counter(pairs)
    return [[count[actual, predicted] for predicted in range(size)] for actual in range(size)]


def attachments(strategies: Sequence[Strategy], plans: Path, reports: Path) -> dict[str, Path]:
    """The files that are kept beside a record: new name -> where it is now."""
    kept = {}
    for one in strategies:
        kept[f"{one.name}/plan.yaml"] = plans / f"{one.name}.yaml"
        for run in one.runs:
            folder = reports / f"runs/{one.name}-{run.seed}"
            for log in ("steps", "epochs", "conflicts"):
                kept[f"{one.name}/{log}-{run.seed}.csv"] = folder / f"{log}.csv"
    return kept
