"""A study: one report's experiments, each with what the report printed beside it.

studies/NAME/params.yaml has the experiments as strategies, as reported; the active budget shortens
them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from mtbert.core.errors import InputError, choices
from mtbert.core.names import check_name
from mtbert.core.params import Settings, read_section, read_yaml, validate
from mtbert.core.seeds import Seeds
from mtbert.experiments.strategies import TrainSettings, resolve_strategies
from mtbert.modeling.heads.linear import LinearHead
from mtbert.modeling.pooling import POOLINGS, PoolerOutput
from mtbert.studies.budgets import BudgetLimits, Cut, read_budget, read_budgets
from mtbert.training.batches import Subset
from mtbert.training.samplers.rates import EpochSize, Rates
from mtbert.training.settings import Recipe, Recipes

RATES = ("learning_rate", "head_learning_rate", "adapter_learning_rate")
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
    cuts: dict[str, Cut] = Field(default_factory=dict)  # by a budget's name
    train: dict[str, Any]  # changes to section `train` that all experiments share
    strategies: Annotated[dict[str, dict[str, Any] | None], Field(min_length=1)]
    printed: dict[str, Printed]
    # Printed figures that the report itself calls wrong, by experiment: not compared with ours
    faulty: dict[str, tuple[Literal["sst", "para", "sts", "overall"], ...]] = Field(
        default_factory=dict
    )
    choices: dict[str, str]  # of an experiment, or of all: what we chose where the report is silent
    sweeps: tuple[Sweep, ...] = ()
    # `seeds` are those of every experiment
    more_seeds: MoreSeeds
    most_seeds: MoreSeeds

    @model_validator(mode="after")
    def _names_its_experiments(self) -> "Study":
        lines = [line for sweep in self.sweeps for line in sweep.series.values()]
        named = {
            **{"printed": [*self.printed], "choices": [*self.choices], "faulty": [*self.faulty]},
            "more_seeds.experiments": [*self.more_seeds.experiments],
            "most_seeds.experiments": [*self.most_seeds.experiments],
            **{f"cuts.{key}.rates": [*cut.rates] for key, cut in self.cuts.items()},
            "sweeps": [name for line in lines for name in line.values()],
        }
        for key, names in named.items():
            allowed = [*self.strategies, *(["all"] if key == "choices" else [])]
            if unknown := [name for name in names if name not in allowed]:
                raise ValueError(f"{key}: {choices('experiment', unknown[0], allowed)}")
        seen = set(self.seeds)
        for key, more in (("more_seeds", self.more_seeds), ("most_seeds", self.most_seeds)):
            if twice := seen.intersection(more.seeds):
                raise ValueError(f"{key}.seeds: {min(twice)} is among seeds already")
            seen.update(more.seeds)
        return self

    def runs(self) -> dict[str, tuple[int, ...]]:
        """The seeds of each experiment."""
        groups = (self.more_seeds, self.most_seeds)
        more = {
            name: [seed for own in groups if name in own.experiments for seed in own.seeds]
            for name in self.strategies
        }
        return {name: (*self.seeds, *seeds) for name, seeds in more.items()}

    def stage(self, name: str, seed: int) -> str:
        """Give the name of the stage (of train or evaluate) that makes the runs of a seed."""
        for ending, group in (("_more", self.more_seeds), ("_most", self.most_seeds)):
            if seed in group.seeds:
                return name + ending
        return name


def read_study(path: Path) -> Study:
    """Read a study's file.

    Raises:
        InputError: it cannot be read, or does not fit.
    """
    study = validate(Study, read_yaml(path), where=str(path))
    for name in study.strategies:
        check_name(name, where=f"{path}: strategies")
    return study


def read_experiments(path: Path, params: Path, *, encoder: str) -> dict[str, TrainSettings]:
    """Give the complete settings of a study's experiments at the active budget.

    Raises:
        InputError: a file, or an experiment, does not fit.
    """
    study, (budget, content) = read_study(path), read_budget(params)
    if unknown := [name for name in study.cuts if name not in read_budgets(params)]:
        raise InputError(f"{path}: cuts: {choices('budget', unknown[0], read_budgets(params))}")
    cut, limits = study.cuts.get(budget, Cut()), content.studies
    printed = resolve_strategies(params, encoder=encoder, file=path, shared=study.train)
    recipe = getattr(read_section(params, "recipes", Recipes), encoder)
    experiments = {}
    for name, settings in printed.items():
        changes = _by_recipe(name, settings, study, cut, recipe) if limits.recipe else {}
        experiments[name] = shortened(settings.model_copy(update=changes), limits, cut)
    return experiments


def _by_recipe(
    name: str, settings: TrainSettings, study: Study, cut: Cut, recipe: Recipe
) -> dict[str, Any]:
    """Learning rates of the recipe, changed as the experiment changes its study's; fitted heads."""
    factor = settings.learning_rate / study.train["learning_rate"] if name in cut.rates else 1.0
    heads = {
        task: head.model_copy(update={"start": "fitted"}) if isinstance(head, LinearHead) else head
        for task, head in settings.heads.items()
    }
    return {"heads": heads, **{key: getattr(recipe, key) * factor for key in RATES}}


def shortened(settings: TrainSettings, limits: BudgetLimits, cut: Cut) -> TrainSettings:
    """Cut an experiment's training down as the budget says."""
    changes: dict[str, Any] = {}
    if limits.pooler:
        poolings = settings.pooling.items()
        other = POOLINGS[limits.pooler]()
        changes["pooling"] = {t: other if isinstance(p, PoolerOutput) else p for t, p in poolings}
    if not settings.trained:
        return settings.model_copy(update=changes)
    changes["examples"] = {**settings.examples, **_examples(settings, limits, cut)}
    sizes = settings.batch_size.items()
    changes["batch_size"] = {t: max(1, round(n * cut.batches.get(t, 1.0))) for t, n in sizes}
    if not settings.adaptation.fixed:
        fewer = settings.model_copy(update=changes)
        changes |= _length(settings, fewer, limits.printed, cut.epochs)
    if limits.steps:
        changes["steps"] = min(settings.steps or limits.steps, limits.steps)
        changes["examples_seen"] = None
    return settings.model_copy(update=changes)


def _examples(settings: TrainSettings, limits: BudgetLimits, cut: Cut) -> dict[str, Subset]:
    """Fewer examples of some tasks: the same in all epochs by a limit, others by a study's cut."""
    subsets = {}
    for task in settings.trained:
        own = settings.examples.get(task)
        bounds = [
            Subset(count=limits.examples[task]) if task in limits.examples else None,
            Subset(count=cut.examples[task], redraw="epoch") if task in cut.examples else None,
        ]
        if given := [subset for subset in (own, *bounds) if subset]:
            subsets[task] = min(given, key=lambda subset: subset.count)
    return subsets


def _length(
    printed: TrainSettings, cut: TrainSettings, sizes: Mapping[str, int], share: float
) -> dict[str, Any]:
    """Fewer epochs; where an epoch has a given number of steps, as many epochs of fewer steps.

    Then dev is scored after as many steps as others make in an epoch, and sampling is annealed as
    smoothly as printed.
    """
    sampler = printed.sampler
    if not (isinstance(sampler, Rates) and sampler.steps_per_epoch and sizes):
        return {"epochs": max(1, round(printed.epochs * share))}
    full = {task: sizes[task] for task in printed.trained}
    fewer = full | {task: subset.count for task, subset in cut.examples.items()}
    return {
        "sampler": sampler.shortened(
            share,
            printed=EpochSize(full, printed.batch_size),
            cut=EpochSize(fewer, cut.batch_size),
            epochs=printed.epochs,
        ),
        "evaluate_every": round(1 / share) * printed.evaluate_every,
    }
