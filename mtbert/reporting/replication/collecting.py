"""How a study's settings and finished runs become what its pages need."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

from mtbert.core.fingerprint import fingerprint
from mtbert.core.labels import classes
from mtbert.core.params import read_yaml
from mtbert.core.tasks import Task
from mtbert.reporting.files import Log, Pairs, read_json
from mtbert.reporting.mixing import mixing
from mtbert.reporting.panels import BINS, Points, column
from mtbert.reporting.replication.collected import (
    NOT_RUN,
    OTHER_PLAN,
    Done,
    Line,
    Missing,
    Row,
    Split,
    flat,
)
from mtbert.reporting.results import Run, Strategy, read_strategy, trained_tasks
from mtbert.reporting.settings import Scope

# Entries of run.json that are kept
FACTS = (
    "encoder", "data_source", "device", "hardware", "threads", "precision", "versions", "examples",
    "steps", "epochs", "best_epoch", "real_tokens", "tokens_per_second", "train_seconds",
    "total_seconds",
)  # fmt: skip


def collect_row(
    name: str,
    told: Mapping[str, Any],
    *,
    seeds: Sequence[int],
    tasks: dict[str, Task],
    plans: Path,
    reports: Path,
) -> Row:
    """Read a row's finished runs.

    Args:
        name: The row.
        told: What its study's file says of it: `changes`, `printed`, `choice`, `faulty`.
        seeds: Those it is to be run with.
        tasks: All tasks.
        plans: Folder of plans.
        reports: Folder of metrics/, confusion/ and runs/.

    Raises:
        InputError: a file of a finished run is missing or broken.
    """
    plan = plans / f"{name}.yaml"
    planned = read_yaml(plan) if plan.is_file() else {}
    # Its metrics are the last that the evaluation of a run writes.
    found = [seed for seed in seeds if (reports / f"metrics/{name}-{seed}.json").is_file()]
    as_planned = [
        s for s in found if follows(read_json(reports / f"runs/{name}-{s}/run.json"), planned)
    ]
    scope = Scope("", name, {name: told["changes"]}, tuple(as_planned), tasks)
    strategy = read_strategy(name, scope, plans, reports) if as_planned else None
    settings = planned.get("train", {})
    scored = tuple(settings.get("tasks", tasks))
    trained = trained_tasks(scored, settings)
    printed = told["printed"]
    split: dict[Split, dict[str, float]] = {
        "dev": flat({score: printed.get(score) for score in (*tasks, "overall")}),
        "test": flat(printed.get("test")),
    }
    return Row(
        changes=told["changes"],
        printed={key: own for key, own in split.items() if own},
        other=printed.get("other") or {},
        faulty=tuple(told.get("faulty", ())),
        choice=told["choice"],
        tasks=scored,
        evaluation_only=tuple(task for task in scored if task not in trained),
        runs=tuple(_done(run, strategy) for run in strategy.runs) if strategy else (),
        missing=tuple(
            Missing(seed=seed, why=OTHER_PLAN if seed in found else NOT_RUN)
            for seed in seeds
            if seed not in as_planned
        ),
    )


def follows(facts: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    """Whether a run, by its run.json, had the settings, the encoder and the data of a plan."""
    return facts.get("plan") == fingerprint(plan)


def _done(run: Run, strategy: Strategy) -> Done:
    trained = strategy.trained
    drawn = len(trained) > 1 and any(None in run.steps[f"loss_{task}"] for task in trained)
    main = {task: row.main_metric for task, row in strategy.tasks.items()}
    return Done(
        seed=run.seed,
        metrics=run.metrics,
        facts={key: run.facts.get(key) for key in FACTS},
        losses={task: _line(_parts(run.steps, f"loss_{task}")) for task in trained},
        dev={
            task: _line(column(run.epochs, "epoch", f"{task}_{metric}"))
            for task, metric in main.items()
        },
        confusion={
            task: _counts(pairs, strategy.tasks[task]) for task, pairs in run.confusion.items()
        },
        conflicts=run.conflicts,
        mixing={t: _line(points) for t, points in mixing(run.steps, trained).items()}
        if drawn
        else {},
        seen=sum(int(n or 0) for task in trained for n in run.steps[f"examples_{task}"]),
    )


def _parts(steps: Log, name: str) -> Points:
    """A column's mean in each of some equal parts of the run, parts without a value left out."""
    places, values = _places(steps["epoch"]), steps[name]
    count, parts = len(values), min(BINS, len(values))
    bounds = [count * part // parts for part in range(parts + 1)] if parts else []
    points = []
    for low, high in pairwise(bounds):
        if own := [value for value in values[low:high] if value is not None]:
            points.append((fmean(places[low:high]), fmean(own)))
    return points


def _places(epochs: Sequence[float]) -> list[float]:
    """How many epochs are over in the middle of each step; the last one may be cut short."""
    sizes = Counter(epochs)
    longest, seen = max(sizes.values(), default=1), Counter[float]()
    places = []
    for epoch in epochs:
        places.append(epoch - 1 + (seen[epoch] + 0.5) / max(longest, sizes[epoch]))
        seen[epoch] += 1
    return places


def _line(points: Points) -> Line:
    xs, ys = zip(*points, strict=True) if points else ((), ())
    return Line(x=tuple(map(_short, xs)), y=tuple(map(_short, ys)))


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def _counts(pairs: Pairs, task: Task) -> tuple[tuple[int, ...], ...]:
    size, count = range(len(classes(task.labels))), Counter(pairs)
    return tuple(tuple(count[actual, predicted] for predicted in size) for actual in size)
