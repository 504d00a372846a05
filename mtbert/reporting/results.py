"""The small files that the runs left behind, read into one structure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import ConfigDict

from mtbert.core.errors import InputError
from mtbert.core.labels import classes
from mtbert.core.params import Settings, read_yaml, validate
from mtbert.core.tasks import Task, still_there
from mtbert.reporting.augmented import Augmented
from mtbert.reporting.conflicts import Conflicts, Samples, read_conflicts, summarize_conflicts
from mtbert.reporting.files import MEND, Log, Pairs, read_json, read_log, read_pairs
from mtbert.reporting.settings import Scope

S = TypeVar("S", bound=Settings)


class Splits(Settings):
    """What text.json and tokens.json know of each task and split."""

    model_config = ConfigDict(extra="ignore")

    tasks: dict[str, dict[str, dict[str, Any]]]


class Tokens(Splits):
    """The content of tokens.json, of which other entries are left alone."""

    vocabulary: int
    max_length: int


@dataclass(frozen=True)
class Run:
    """One strategy with one seed."""

    seed: int
    metrics: dict[str, dict[str, Any]]
    facts: dict[str, Any]  # run.json
    steps: Log
    epochs: Log
    confusion: dict[str, Pairs]  # task -> places of (actual, predicted) class of each dev example
    samples: Samples = field(default_factory=dict)  # conflicts.csv; a record keeps what it comes to
    conflicts: Conflicts | None = None  # None in a record made before there were any


@dataclass(frozen=True)
class Strategy:
    """One strategy with all its seeds."""

    name: str
    changes: dict[str, Any]  # to section `train`
    settings: dict[str, Any]  # all of them, as the plan has them
    tasks: dict[str, Task]  # those it is scored on
    runs: tuple[Run, ...]

    @property
    def trained(self) -> list[str]:
        """The tasks that it trains on: only these have losses, batches and gradients."""
        return trained_tasks(self.tasks, self.settings)

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
    # By the name of a set in section `augment`; empty where nothing was augmented
    augmented: Mapping[str, Augmented] = field(default_factory=dict)
    augmented_tokens: Mapping[str, Tokens] = field(default_factory=dict)  # of grown train splits

    @property
    def baseline(self) -> Strategy:
        """The strategy that the others are compared to."""
        return next(one for one in self.strategies if one.name == self.scope.baseline)

    @property
    def tasks(self) -> dict[str, Task]:
        """Every task that some strategy is scored on."""
        return {name: task for one in self.strategies for name, task in one.tasks.items()}

    @property
    def trained(self) -> list[str]:
        """Every task that some strategy trains on."""
        return [task for task in self.tasks if any(task in one.trained for one in self.strategies)]

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
    data = reports / "data"
    files = [data / name for name in ("text.json", "tokens.json")]
    text, tokens = map(read_json, files)
    _check(files[0], Splits, {"tasks": text})
    _check(files[1], Tokens, tokens)
    return Results(
        scope=scope,
        strategies=tuple(read_strategy(name, scope, plans, reports) for name in scope.strategies),
        text=text,
        tokens=tokens,
        augmented=_sets(data / "augmented", scope, Augmented),
        augmented_tokens=_sets(data / "augmented_tokens", scope, Tokens),
    )


def read_strategy(name: str, scope: Scope, plans: Path, reports: Path) -> Strategy:
    """Read one strategy's plan and its runs.

    Raises:
        InputError: a file is missing or cannot be read, or is not of the present tasks.
    """
    path = plans / f"{name}.yaml"
    train = read_yaml(path).get("train")
    if not isinstance(train, dict) or not isinstance(train.get("tasks"), list):
        raise InputError(f"{path}: train: no settings with a list of tasks; {MEND}")
    own = still_there(scope.tasks, train["tasks"], plan=path)
    trained = trained_tasks(own, train)
    runs = tuple(_run(f"{name}-{seed}", seed, own, trained, reports) for seed in scope.seeds)
    return Strategy(name, scope.strategies[name], train, own, runs)


def trained_tasks(tasks: Iterable[str], settings: Mapping[str, Any]) -> list[str]:
    """Leave the tasks out that a strategy's settings name as untrained; older ones name none."""
    return [task for task in tasks if task not in settings.get("evaluation_only", ())]


def _run(
    name: str, seed: int, tasks: dict[str, Task], trained: Sequence[str], reports: Path
) -> Run:
    folder = reports / f"runs/{name}"
    main = {task: row.main_metric for task, row in tasks.items()}
    drawn = [f"{what}_{task}" for what in ("loss", "examples") for task in trained]
    # A run that trains nothing has no steps.
    steps = read_log(folder / "steps.csv", ["step", "epoch", *drawn], may_be_empty=not trained)
    samples = read_conflicts(folder / "conflicts.csv", trained)
    return Run(
        seed=seed,
        metrics=_metrics(reports / f"metrics/{name}.json", main),
        facts=read_json(folder / "run.json"),
        steps=steps,
        epochs=read_log(folder / "epochs.csv", ["epoch", *map("_".join, main.items())]),
        confusion={
            task: read_pairs(reports / f"confusion/{name}/{task}.csv", classes(row.labels))
            for task, row in tasks.items()
        },
        samples=samples,
        conflicts=summarize_conflicts(samples, steps, trained),
    )


def _metrics(path: Path, main: Mapping[str, str]) -> dict[str, Any]:
    """A run's metrics, each task's main one among them."""
    metrics = read_json(path)
    for task, values in metrics.items():
        if not isinstance(values, dict):
            raise InputError(f"{path}: {task}: expected metrics, found {values!r}; {MEND}")
    for task, metric in main.items():
        if metric not in metrics.get(task, {}):
            raise InputError(f"{path}: {task}: no {metric}; older than the plan? {MEND}")
    return metrics


def _sets(folder: Path, scope: Scope, kind: type[S]) -> Mapping[str, S]:
    """The data file of each set of new rows that there is; files of other sets are left alone."""
    files = {name: folder / f"{name}.json" for name in scope.sets}
    return MappingProxyType(
        {
            name: _check(file, kind, read_json(file))
            for name, file in files.items()
            if file.is_file()
        }
    )


def _check(path: Path, kind: type[S], data: Any) -> S:
    """Make sure that a data file holds what the report reads of it.

    Raises:
        InputError: it does not.
    """
    try:
        return validate(kind, data, where=str(path))
    except InputError as error:
        raise InputError(f"{error}; {MEND}") from None
