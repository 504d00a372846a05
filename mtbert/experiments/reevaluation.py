"""Whether a finished run still gives the scores of its record, and what differs if not."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from mtbert.core.documents import mapping_of
from mtbert.core.environment import hardware, versions
from mtbert.core.errors import InputError
from mtbert.core.params import read_json, validate
from mtbert.experiments.plans import Plan, file_digest, plan_files, read_plan
from mtbert.experiments.run import Run
from mtbert.experiments.strategies import TrainSettings
from mtbert.modeling.checkpoint import load_checkpoint
from mtbert.modeling.manifest import read_manifest


class Reevaluation(NamedTuple):
    """Scores of a run's best checkpoint on dev, and what is no longer as it was."""

    recorded: dict[str, float]
    scores: dict[str, float]
    changes: list[str]  # of inputs, code and machine, a line each

    @property
    def difference(self) -> float:
        """The largest difference of two scores."""
        return max(abs(self.scores[name] - value) for name, value in self.recorded.items())


def reevaluate(folder: Path) -> Reevaluation:
    """Score the best checkpoint of a run again, with the data of its plan.

    `folder` is data/runs/NAME; data/plans and data/logs/NAME stand beside it.

    Raises:
        InputError: a file is missing or broken, or the plan is now that of another run.
    """
    if folder.name in ("best", "last"):
        raise InputError(f"{folder}: a checkpoint; expected its run, {folder.parent}")
    training = read_manifest(folder / "best").training
    if training is None:
        raise InputError(f"{folder / 'best'}: no record of its training; expected a run's folder")
    data = folder.resolve().parents[1]
    path = data / "plans" / f"{training.strategy}.yaml"
    record = data / "logs" / folder.name / "run.json"
    plan, log = read_plan(path), read_json(record)
    if plan.train != validate(TrainSettings, training.settings, where=str(folder / "best")):
        raise InputError(f"{path}: train: other settings than those of {folder}; run `dvc repro`")
    run = Run(plan, seed=training.seed)
    scores = run.scores(run.predict("dev", load_checkpoint(folder / "best").to(run.device)))
    changes = [*changed_files(plan), *changed_environment(log, record, run.device)]
    return Reevaluation(dict(training.dev), scores, changes)


def changed_files(plan: Plan) -> Iterator[str]:
    """Name the plan's files whose content is another one than when the plan was made."""
    for file in plan_files(plan):
        if (now := file_digest(Path(file.path)).md5) != file.md5:
            yield f"{file.path}: MD5 {now}, {file.md5} in the plan"


def changed_environment(log: Mapping[str, Any], where: Path, device: torch.device) -> Iterator[str]:
    """Name what of code, packages and machine is not as in the content of a run.json."""
    now: dict[str, Any] = {f"version of {name}": value for name, value in versions().items()}
    now |= {"device": device.type, "hardware": hardware(device), "threads": torch.get_num_threads()}
    then = {
        f"version of {name}": value for name, value in mapping_of(log, "versions", where).items()
    }
    then |= log
    for name, value in now.items():
        if value != then.get(name):
            yield f"{name}: {value}, {then.get(name)} in the run"
