"""Everything that a report is on: its scope, the runs as long tables, the data's summaries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from mtbert.core.errors import InputError
from mtbert.core.params import read_json, read_yaml
from mtbert.core.schemas import read_table
from mtbert.core.tasks import LEADERBOARD, OVERALL, Task, tasks_of_plan
from mtbert.evaluation.intervals import bootstrap, tells_apart
from mtbert.evaluation.metrics import METRICS
from mtbert.evaluation.overall import FORMULAS
from mtbert.evaluation.predictions import Predictions
from mtbert.reporting import runs, tables
from mtbert.reporting.ensembles import EnsembleResult, read_ensemble, read_ensemble_predictions
from mtbert.reporting.scope import Scope

Split = Literal["dev", "test"]
SPLITS: tuple[Split, ...] = ("dev", "test")


@dataclass(frozen=True)
class Report:
    """The runs of every strategy with every seed; see `runs` for the tables."""

    scope: Scope
    settings: Mapping[str, Mapping[str, Any]]  # by strategy, section `train` of its plan
    scores: pd.DataFrame  # on dev
    test_scores: pd.DataFrame  # the same on labelled test splits; empty where there is none
    facts: pd.DataFrame
    steps: pd.DataFrame
    epochs: pd.DataFrame
    cosines: pd.DataFrame
    ensembles: Mapping[str, EnsembleResult]  # as if of seed 0 in predictions and in test_scores
    dev_predictions: runs.RunPredictions
    test_predictions: runs.RunPredictions  # of labelled test splits
    text: Mapping[str, Any]  # text.json
    tokens: Mapping[str, Any]  # tokens.json
    augmented: Mapping[str, Any]  # by set, its summary
    augmented_tokens: Mapping[str, Any]
    neighbours: Mapping[str, pd.DataFrame]  # by task, what stages.neighbours wrote

    @property
    def strategies(self) -> list[str]:
        """Their names, in the order of the params file."""
        return list(self.settings)

    @property
    def tasks(self) -> dict[str, Task]:
        """Every task that some strategy is scored on."""
        names = dict.fromkeys(task for train in self.settings.values() for task in train["tasks"])
        return {name: self.scope.tasks[name] for name in names}

    @property
    def columns(self) -> list[tables.Column]:
        """The metric that each task is judged by, then the overall scores that there are."""
        scores = self.scores
        overall = scores.loc[scores["task"] == OVERALL, "metric"].unique()
        mains = [(name, task.main_metric) for name, task in self.tasks.items()]
        return [*mains, *((OVERALL, name) for name in overall)]

    def trained(self, strategy: str) -> list[str]:
        """The tasks that a strategy trains on."""
        train = self.settings[strategy]
        return [t for t in train["tasks"] if t not in train.get("evaluation_only", ())]

    def all_scores(self, split: Split) -> pd.DataFrame:
        """The scores on a split, with those of ensembles below."""
        if split == "test":
            return self.test_scores
        return pd.concat([self.scores, *(own.on("dev") for own in self.ensembles.values())])

    def columns_on(self, split: Split) -> list[tables.Column]:
        """Those of `columns` that some strategy is scored by on a split."""
        scores = self.all_scores(split)
        there = set(zip(scores["task"], scores["metric"], strict=True))
        return [column for column in self.columns if split == "dev" or column in there]

    @cached_property
    def own_widths(self) -> tables.Widths:
        """Half of the interval that dev leaves around a strategy's mean, or ensemble's, score."""
        return self._widths(self._own_width, [*self.strategies, *self.ensembles], "dev")

    @cached_property
    def test_widths(self) -> tables.Widths:
        """The same of the test sets."""
        return self._widths(self._own_width, [*self.strategies, *self.ensembles], "test")

    @cached_property
    def paired_widths(self) -> Mapping[Split, tables.Widths]:
        """The same around each strategy's difference to the baseline, by the same examples."""
        return {s: self._widths(self._paired_width, self.strategies, s) for s in SPLITS}

    @cached_property
    def ensemble_widths(self) -> Mapping[Split, tables.Widths]:
        """The same around each ensemble's difference to the mean of its members."""
        return {s: self._widths(self._ensemble_width, list(self.ensembles), s) for s in SPLITS}

    def _widths(
        self,
        width: Callable[[str, tables.Column, Split], float],
        names: Sequence[str],
        split: Split,
    ) -> tables.Widths:
        """By name and column; NaN where there is no score."""
        own = [column for column in self.columns if column[0] != OVERALL]
        parts = {task: (task, metric) for task, metric in LEADERBOARD.items() if task in self.tasks}
        widths: dict[tuple[str, tables.Column], float] = {}
        for name in names:
            columns = dict.fromkeys([*own, *parts.values()])
            widths |= {(name, column): width(name, column, split) for column in columns}
            each = {t: widths.get((name, (t, metric)), np.nan) for t, metric in LEADERBOARD.items()}
            for column in (column for column in self.columns if column[0] == OVERALL):
                widths[name, column] = FORMULAS[column[1]].half_width(each)
        return widths

    def _own_width(self, strategy: str, column: tables.Column, split: Split) -> float:
        predictions = [*self.predictions(strategy, column[0], split).values()]
        metric, labels = METRICS[column[1]], self.tasks[column[0]].labels
        halves = [metric.half_width(it.labels, it.read(metric.reads, labels)) for it in predictions]
        return float(np.mean(halves)) if halves else np.nan

    def _paired_width(self, strategy: str, column: tables.Column, split: Split) -> float:
        task, metric, base_name = column[0], METRICS[column[1]], self.scope.baseline
        ours, base = (self.predictions(name, task, split) for name in (strategy, base_name))
        seeds = [seed for seed in ours if seed in base]
        if not seeds or strategy == base_name or task in self.constant(split):
            return np.nan
        labels = self.tasks[task].labels
        read = [[p[s].read(metric.reads, labels) for s in seeds] for p in (ours, base)]
        return bootstrap(metric.function, ours[seeds[0]].labels, *read)

    def _ensemble_width(self, name: str, column: tables.Column, split: Split) -> float:
        task, metric = column[0], METRICS[column[1]]
        ours = [*self.predictions(name, task, split).values()]
        if not ours or task in self.constant(split):
            return np.nan
        members = [
            self.predictions(strategy, task, split)[seed]
            for strategy, seed in self.ensembles[name].members
        ]
        labels = self.tasks[task].labels
        read = [[p.read(metric.reads, labels) for p in part] for part in (ours, members)]
        return bootstrap(metric.function, ours[0].labels, *read)

    def constant(self, split: Split) -> dict[str, str]:
        """Tasks whose labels in a split are all alike, and why no interval is given there."""
        predictions = self.dev_predictions if split == "dev" else self.test_predictions
        labels = {
            task: run.labels for (_, task), own in predictions.items() for run in own.values()
        }
        return {
            task: "one row alone" if len(actual) == 1 else "rows of one label alone"
            for task, actual in labels.items()
            if not tells_apart(actual)
        }

    def predictions(
        self, strategy: str, task: str, split: Split = "dev"
    ) -> Mapping[int, Predictions]:
        """A strategy's predictions for a task on a split, by seed; {} where it has none."""
        predictions = self.dev_predictions if split == "dev" else self.test_predictions
        return predictions.get((strategy, task), {})


def read_report(
    scope: Scope, plans: Path, *, logs: Path, metrics: Path, predictions: Path, summaries: Path
) -> Report:
    """Read the files of every run in scope; files of other strategies and seeds are left alone.

    `plans` holds STRATEGY.yaml, `metrics` STRATEGY-SEED.json, `logs` and `predictions` folders
    STRATEGY-SEED/, `summaries` text.json, tokens.json, neighbours/TASK.parquet and the folders of
    the sets.

    Raises:
        InputError: a file is missing or cannot be read, or a plan has tasks that are gone.
    """
    settings = {name: _train(plans / f"{name}.yaml", scope.tasks) for name in scope.strategies}
    pairs = [(name, seed) for name in scope.strategies for seed in scope.seeds]
    mains = {name: task.main_metric for name, task in scope.tasks.items()}
    tasks: dict[str, list[str]] = {name: train["tasks"] for name, train in settings.items()}
    scores = runs.read_scores(metrics, pairs)
    on_test = scores[scores["split"] == "test"]
    tested = {s: {*on_test["task"][on_test["strategy"] == s]} - {OVERALL} for s in settings}
    ensembles = {name: read_ensemble(metrics, name) for name in scope.ensembles}
    return Report(
        scope=scope,
        settings=settings,
        scores=scores[scores["split"] == "dev"],
        test_scores=pd.concat([on_test, *(own.on("test") for own in ensembles.values())]),
        ensembles=ensembles,
        facts=runs.read_facts(logs, metrics, pairs),
        steps=runs.read_steps(logs, pairs),
        epochs=runs.read_epochs(logs, pairs, mains),
        cosines=runs.read_cosines(logs, pairs),
        dev_predictions=runs.read_predictions(predictions, pairs, tasks)
        | read_ensemble_predictions(predictions, ensembles, "dev"),
        test_predictions=runs.read_predictions(predictions, pairs, tested, "test")
        | read_ensemble_predictions(predictions, ensembles, "test"),
        text=read_json(summaries / "text.json"),
        tokens=read_json(summaries / "tokens.json"),
        augmented=_sets(summaries / "augmented", scope),
        augmented_tokens=_sets(summaries / "augmented_tokens", scope),
        neighbours=_neighbours(summaries / "neighbours"),
    )


def _train(path: Path, tasks: Mapping[str, Task]) -> Mapping[str, Any]:
    """A plan's settings of training."""
    train = read_yaml(path).get("train")
    if not isinstance(train, Mapping) or not isinstance(train.get("tasks"), list):
        raise InputError(f"{path}: train: no settings with a list of tasks; {runs.AGAIN}")
    tasks_of_plan(tasks, train["tasks"], plan=path)
    return train


def _neighbours(folder: Path) -> Mapping[str, pd.DataFrame]:
    """By task, id, neighbour and cosine of each dev example."""
    return {path.stem: read_table(path).to_pandas() for path in sorted(folder.glob("*.parquet"))}


def _sets(folder: Path, scope: Scope) -> Mapping[str, Any]:
    """The summary of each set of new rows that there is."""
    files = {name: folder / f"{name}.json" for name in scope.sets}
    return {name: read_json(file) for name, file in files.items() if file.is_file()}
