"""A study: one report's experiments, each with what the report printed beside it.

studies/NAME/params.yaml has the experiments as strategies, as reported; the active budget shortens
them.
"""

from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from mtbert.core.errors import InputError, choices
from mtbert.core.params import Settings, read_yaml, validate
from mtbert.core.seeds import Seeds
from mtbert.core.tasks import LEADERBOARD
from mtbert.experiments.strategies import TrainSettings, resolve_strategies
from mtbert.modeling.pooling import POOLINGS, PoolerOutput
from mtbert.studies.budgets import BudgetLimits, read_budget
from mtbert.training.batches import Subset
from mtbert.training.samplers.sampler import EpochSize

Figure = Annotated[float, Field(ge=-1, le=1)]


class Figures(Settings):
    """What a report prints of an experiment, on one split; what it leaves out is None."""

    sst: Figure | None = None
    para: Figure | None = None
    sts: Figure | None = None
    overall: Figure | None = None  # by the report's own formula


class Printed(Figures):
    """What a report prints of an experiment, on dev."""

    test: Figures | None = None
    other: dict[str, dict[str, float]] = Field(default_factory=dict)  # task -> metric -> figure


class MoreSeeds(Seeds):
    """Experiments that are run with further seeds."""

    renamed: ClassVar[Mapping[str, str]] = {"rows": "experiments"}

    experiments: tuple[str, ...]


class Sweep(Settings):
    """Experiments that differ in one setting, drawn as a line each."""

    title: str
    x: str  # what the setting is called
    series: dict[str, dict[str, str]]  # name of a line -> value of the setting -> experiment


class Study(Seeds):
    """The content of studies/NAME/params.yaml."""

    renamed: ClassVar[Mapping[str, str]] = {"again": "more_seeds"}

    title: Annotated[str, Field(min_length=1)]
    overall: Literal["mean", "leaderboard", "other"]  # which formula the printed overall follows
    # Examples that an epoch has of each task; where a budget cuts it down, in this proportion
    mix: dict[str, Annotated[int, Field(gt=0)]]
    # Shares of the printed batch sizes that remain then; of a task not named, all
    batches: dict[str, Annotated[float, Field(gt=0, le=1)]] = Field(default_factory=dict)
    train: dict[str, Any]  # changes to section `train` that all experiments share
    strategies: Annotated[dict[str, dict[str, Any] | None], Field(min_length=1)]
    printed: dict[str, Printed]
    # Printed figures that the report itself calls wrong, by experiment: not compared with ours
    faulty: dict[str, tuple[Literal["sst", "para", "sts", "overall"], ...]] = Field(
        default_factory=dict
    )
    choices: dict[str, str]  # of an experiment, or of all: what we chose where the report is silent
    sweeps: tuple[Sweep, ...] = ()
    more_seeds: MoreSeeds  # `seeds` are those of every experiment

    @model_validator(mode="after")
    def _names_its_experiments(self) -> "Study":
        lines = [line for sweep in self.sweeps for line in sweep.series.values()]
        named = {
            **{"printed": [*self.printed], "choices": [*self.choices], "faulty": [*self.faulty]},
            "more_seeds.experiments": [*self.more_seeds.experiments],
            "sweeps": [name for line in lines for name in line.values()],
        }
        for key, names in named.items():
            allowed = [*self.strategies, *(["all"] if key == "choices" else [])]
            if unknown := [name for name in names if name not in allowed]:
                raise ValueError(f"{key}: {choices('experiment', unknown[0], allowed)}")
        if set(self.mix) != set(LEADERBOARD):
            raise ValueError(f"mix: expected {', '.join(LEADERBOARD)}, found {', '.join(self.mix)}")
        if twice := set(self.seeds).intersection(self.more_seeds.seeds):
            raise ValueError(f"more_seeds.seeds: {min(twice)} is among seeds already")
        return self

    def runs(self) -> dict[str, tuple[int, ...]]:
        """The seeds of each experiment."""
        more = self.more_seeds
        return {
            name: (*self.seeds, *(more.seeds if name in more.experiments else ()))
            for name in self.strategies
        }


def read_study(path: Path) -> Study:
    """Read a study's file.

    Raises:
        InputError: it cannot be read, or does not fit.
    """
    return validate(Study, read_yaml(path), where=str(path))


def read_experiments(path: Path, params: Path, *, encoder: str) -> dict[str, TrainSettings]:
    """Give the complete settings of a study's experiments at the active budget.

    Raises:
        InputError: a file, or an experiment, does not fit.
    """
    study, (name, budget) = read_study(path), read_budget(params)
    limits = budget.studies
    if limits.whole is not None and set(limits.whole) != set(study.mix):
        raise InputError(
            f"{params}: budgets.{name}.studies.whole: expected {', '.join(study.mix)}, found "
            f"{', '.join(limits.whole) or 'none'}"
        )
    printed = resolve_strategies(params, encoder=encoder, file=path, shared=study.train)
    return {name: shortened(settings, limits, study) for name, settings in printed.items()}


def shortened(settings: TrainSettings, limits: BudgetLimits, study: Study) -> TrainSettings:
    """Cut an experiment's training down as the budget says.

    Its sampler and epochs stay as printed. Each epoch draws fewer examples anew, of each task in
    the proportion of the mix.
    """
    changes: dict[str, Any] = {}
    if limits.pooler:
        poolings = settings.pooling.items()
        other = POOLINGS[limits.pooler]()
        changes["pooling"] = {t: other if isinstance(p, PoolerOutput) else p for t, p in poolings}
    if not settings.trained:
        return settings.model_copy(update=changes)
    changes["learning_rate"] = settings.learning_rate * limits.learning_rate
    for key in ("head_learning_rate", "adapter_learning_rate"):
        changes[key] = max(getattr(settings, key) * limits.learning_rate, getattr(limits, key))
    if limits.evaluations:
        changes["evaluate_every"] = ceil(settings.epochs / limits.evaluations)
    if limits.examples_per_epoch and limits.whole:
        changes |= _fewer(settings, limits.examples_per_epoch, whole=limits.whole, study=study)
    if limits.steps:
        changes["steps"] = min(settings.steps or limits.steps, limits.steps)
        changes["examples_seen"] = None
    if limits.examples:
        own = changes.get("examples", settings.examples)
        counts = {t: own[t].count if t in own else limits.examples for t in settings.trained}
        changes["examples"] = {t: Subset(count=min(n, limits.examples)) for t, n in counts.items()}
    return settings.model_copy(update=changes)


def _fewer(
    settings: TrainSettings, examples: int, *, whole: Mapping[str, int], study: Study
) -> dict[str, Any]:
    """Examples of an epoch in the mix's proportion, batch sizes, and the sampler's own steps."""
    mix, own = study.mix, settings.examples
    share = examples / sum(mix.values())
    printed = {task: own[task].count for task in settings.trained if task in own}
    counts = {task: max(1, round({**mix, **printed}[task] * share)) for task in settings.trained}
    shares = {task: study.batches.get(task, 1.0) for task in settings.trained}
    sizes = settings.batch_size.items()
    batches = {task: max(1, round(size * shares.get(task, 1.0))) for task, size in sizes}
    return {
        "examples": {task: Subset(count=n, redraw="epoch") for task, n in counts.items()},
        "batch_size": batches,
        "sampler": settings.sampler.shortened(
            share,
            of_data=examples / sum(whole.values()),
            printed=EpochSize(whole, settings.batch_size),
            cut=EpochSize(counts, batches),
            epochs=settings.epochs,
        ),
    }
