"""Scores of a study's runs: as measured, and on each draw of the dev examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mtbert.core.tasks import LEADERBOARD
from mtbert.evaluation.metrics import METRICS
from mtbert.evaluation.overall import FORMULAS

if TYPE_CHECKING:
    import pandas as pd

# A standard error from so many draws is itself known to 1 / √(2 · draws), here 2 %.
DRAWS = 1000


class NotTestableError(Exception):
    """The runs cannot test the claim."""


@dataclass(frozen=True)
class Evidence:
    """Dev predictions and gradient-conflict counts of a study.

    predictions: by task a table of `id`, `label` and one column a run, `strategy-seed`.
    runs: a table with at least `strategy`, `seed`, `precision`, `cosines` and of them `negative`.
    planned: the seeds of each experiment, as its study names them; those that it has by default.
    """

    predictions: "Mapping[str, pd.DataFrame]"
    runs: "pd.DataFrame"
    planned: Mapping[str, Sequence[int]] = field(default_factory=dict)
    draws: int = DRAWS
    _scores: dict[tuple[str, str, str], np.ndarray] = field(default_factory=dict)
    _places: dict[str, np.ndarray] = field(default_factory=dict)

    def seeds(self, *experiments: str, limit: int | None = None) -> tuple[int, ...]:
        """Seeds that every one of some experiments was run with, of the first `limit` planned.

        Raises:
            NotTestableError: there is none.
        """
        own = {
            name: set(self.runs.loc[self.runs["strategy"] == name, "seed"]) for name in experiments
        }
        if absent := [name for name, seeds in own.items() if not seeds]:
            raise NotTestableError(f"no runs yet of {', '.join(absent)}")
        if not (common := set.intersection(*own.values())):
            raise NotTestableError(f"no seed in common: {', '.join(experiments)}")
        present = sorted(int(seed) for seed in common)
        if limit is None:
            return tuple(present)
        planned = (self.planned.get(name, present)[:limit] for name in experiments)
        if not (seeds := tuple(sorted(int(s) for s in common.intersection(*planned)))):
            raise NotTestableError(f"0 of {limit} seeds")
        return seeds

    def precisions(self, experiments: Sequence[str], seeds: Sequence[int]) -> list[str]:
        """The precisions of a seed's runs where they differ; empty where each seed's are alike."""
        own = self.runs["strategy"].isin(experiments) & self.runs["seed"].isin(seeds)
        for _, runs in self.runs[own].groupby("seed"):
            if len(names := sorted(set(runs["precision"]))) > 1:
                return names
        return []

    def scores(self, experiment: str, metric: str, seeds: tuple[int, ...]) -> np.ndarray:
        """A score of an experiment's runs, (1 + draw, seed): on all dev examples, then on draws.

        All runs are scored on the same draws; tasks are drawn independently of each other.

        Args:
            experiment: Its name.
            metric: A task, for its score on the leaderboard; `TASK_METRIC`; or an overall score.
            seeds: The seeds.

        Raises:
            NotTestableError: a run lacks predictions of a task.
        """
        if metric in FORMULAS:
            tasks = {task: self.scores(experiment, task, seeds) for task in LEADERBOARD}
            return np.asarray(FORMULAS[metric].function(**tasks))
        task, _, name = metric.partition("_")
        parts = [self._run(f"{experiment}-{s}", task, name or LEADERBOARD[task]) for s in seeds]
        return np.stack(parts, axis=1)

    def conflicts(self, experiment: str) -> dict[int, tuple[int, int]]:
        """By seed: how many sampled cosines of task gradients are negative, of how many.

        Raises:
            NotTestableError: there is no run, or none was sampled.
        """
        self.seeds(experiment)
        own = self.runs[(self.runs["strategy"] == experiment) & (self.runs["cosines"] > 0)]
        if not len(own):
            raise NotTestableError(f"{experiment}: no cosine of task gradients was sampled")
        counts = own[["seed", "negative", "cosines"]].to_numpy(dtype=int)
        return {int(seed): (int(negative), int(total)) for seed, negative, total in counts}

    def _run(self, run: str, task: str, name: str) -> np.ndarray:
        """One run's score, (1 + draw,)."""
        if (run, task, name) not in self._scores:
            if task not in self.predictions or run not in self.predictions[task]:
                raise NotTestableError(f"{run}: no predictions of {task}")
            table, metric = self.predictions[task], METRICS[name].function
            labels, predictions = (table[key].to_numpy(dtype=float) for key in ("label", run))
            at = self._drawn(task, len(labels))
            draws = metric(labels[at], predictions[at])
            self._scores[run, task, name] = np.append(metric(labels, predictions), draws)
        return self._scores[run, task, name]

    def _drawn(self, task: str, size: int) -> np.ndarray:
        """Which examples each draw has, (draw, example), a stream of its own for each task."""
        if task not in self._places:
            random = np.random.default_rng(list(task.encode()))
            self._places[task] = random.integers(size, size=(self.draws, size), dtype=np.int32)
        return self._places[task]
