"""What a report reads of averages of several runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mtbert.core.errors import InputError
from mtbert.core.params import read_json
from mtbert.core.tasks import OVERALL
from mtbert.reporting import runs

SEED = 0  # stands for that of an ensemble, which has none


@dataclass(frozen=True)
class EnsembleResult:
    """The scores of an ensemble, and what it averages."""

    average: str  # predictions or weights
    members: tuple[runs.Run, ...]
    scores: pd.DataFrame  # on all splits; see `runs`
    budget: Mapping[str, int]  # updates and examples of all members

    @property
    def size(self) -> str:
        """How many runs it averages, in words."""
        return f"{len(self.members)} run{'s' if len(self.members) > 1 else ''}"

    def on(self, split: str) -> pd.DataFrame:
        """The scores on a split."""
        return self.scores[self.scores["split"] == split]


def read_ensemble(metrics: Path, name: str) -> EnsembleResult:
    """Read what the stage `ensemble` wrote.

    Raises:
        InputError: the file is missing or broken, or is not an ensemble's.
    """
    path = metrics / f"{name}.json"
    measured = read_json(path)
    own = measured.get("ensemble")
    if not isinstance(own, Mapping) or not {"average", "members"} <= own.keys():
        raise InputError(f"{path}: ensemble: no average and members; {runs.AGAIN}")
    pairs = [str(run).rpartition("-") for run in own["members"]]
    return EnsembleResult(
        average=str(own["average"]),
        members=tuple((strategy, int(seed)) for strategy, _, seed in pairs),
        scores=runs.long_scores({(name, SEED): measured}, where=str(metrics)),
        budget=runs.training_budget(measured, path),
    )


def read_ensemble_predictions(
    folder: Path, ensembles: Mapping[str, EnsembleResult], split: str
) -> runs.RunPredictions:
    """What ensembles predict for the tasks that they are scored on in a split, as in `runs`."""
    return {
        (name, task): {SEED: runs.read_prediction(folder / name / f"{task}-{split}.parquet")}
        for name, own in ensembles.items()
        for task in own.on(split)["task"].unique()
        if task != OVERALL
    }
