"""Complete and check the settings of a strategy: section `train` with some keys changed."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError, choices, located
from mtbert.core.names import check_name
from mtbert.core.params import is_section, merge, read_params, read_section, validate
from mtbert.core.tasks import Similarity, Task, read_tasks
from mtbert.evaluation.metrics import check_metrics
from mtbert.modeling.settings import ModelSettings
from mtbert.training.settings import Recipe, Recipes, TrainingSettings
from mtbert.training.term import TaskFacts

# Keys that may have one value for all tasks
FOR_ALL = ("pooling", "projections", "regularizers", "auxiliaries")


class TrainSettings(ModelSettings, TrainingSettings):
    """Section `train`, every `auto` replaced."""

    @property
    def by_task(self) -> dict[str, dict[str, Any]]:
        """The settings that are keyed by task."""
        return {key: value for key, value in self if isinstance(value, dict)}

    def per_task(self) -> "TrainSettings":
        """Key by task what has one value for all tasks."""
        once = {key: getattr(self, key) for key in FOR_ALL if key not in self.by_task}
        return self.model_copy(update={k: dict.fromkeys(self.tasks, v) for k, v in once.items()})

    def restrict_to_tasks(self) -> "TrainSettings":
        """Keep the strategy's own tasks, in the order of `tasks`.

        Options of training are kept for the trained tasks. Two ways to write the same training then
        give the same settings.
        """
        update: dict[str, Any] = {}
        for key, value in self.by_task.items():
            names = self.tasks if key in ModelSettings.model_fields else self.trained
            # An empty stack of terms is none.
            update[key] = {task: value[task] for task in names if value.get(task, ()) != ()}
        only = tuple(task for task in self.tasks if task in self.evaluation_only)
        return self.model_copy(update={**update, "evaluation_only": only})

    def check_trains_something(self) -> None:
        """Refuse a layer decay without a trained encoder, and a strategy that trains nothing."""
        if self.layer_decay < 1 and not self.adaptation.trains_encoder:
            raise InputError(
                f"layer_decay: {self.layer_decay} is for the encoder's own weights, and this "
                f"adaptation trains none of them; expected 1"
            )
        if self.trained and set(self.unchanged()) == set(self.trained):
            raise InputError(
                "adaptation: frozen, and neither a head nor a projection has parameters: there is "
                "nothing to train; take another head, or a projection with `layers`"
            )


def resolve_strategies(
    params: Path,
    *,
    encoder: str,
    file: Path | None = None,
    shared: Mapping[str, Any] | None = None,
) -> dict[str, TrainSettings]:
    """Complete and check the settings of every strategy of a file.

    Args:
        params: The params file, with sections `train`, `recipes` and `tasks`.
        encoder: Kind of the encoder, which decides the recipe: scratch or pretrained.
        file: The file with the strategies, if not the params file: a study's.
        shared: Changes to section `train` that all strategies share.

    Raises:
        InputError: a section, name, key, word or type does not fit, or they do not fit together.
    """
    file = file or params
    train, tasks = read_params(params).get("train"), read_tasks(params)
    check_metrics(tasks, where=str(params))
    recipe = getattr(read_section(params, "recipes", Recipes), encoder)
    if not isinstance(train, Mapping):
        raise InputError(f"{params}: train: expected a mapping of keys, found {train!r}")
    if shared:
        train = with_changes(train, shared, tasks, where=f"{file}: train")
    resolve = partial(resolve_strategy, train=train, recipe=recipe, tasks=tasks, where=str(file))
    # Section `train` is checked first, without changes: later faults are the strategy's own.
    resolve("train", changes={})
    strategies = check_names(read_params(file).get("strategies"), file)
    return {name: resolve(name, changes=changes) for name, changes in strategies.items()}


def check_names(strategies: Any, params: Path) -> dict[str, dict[str, Any]]:
    """Refuse names that cannot be part of a run's; give each strategy's changes."""
    if not isinstance(strategies, Mapping) or not strategies:
        raise InputError(f"{params}: strategies: expected at least one, found {strategies!r}")
    for name, changes in strategies.items():
        check_name(name, where=f"{params}: strategies")
        if not isinstance(changes or {}, Mapping):
            raise InputError(
                f"{params}: strategies.{name}: expected changes to train, found {changes!r}"
            )
    return {str(name): dict(changes or {}) for name, changes in strategies.items()}


def with_changes(
    train: Mapping[str, Any], changes: Mapping[str, Any], tasks: Iterable[str], *, where: str
) -> dict[str, Any]:
    """Lay changes over section `train`: a value for all tasks may change for some of them."""
    faults = []
    for key in changes.keys() - train.keys():
        new = TrainSettings.renamed.get(key)
        fault = f"{key!r} is now called {new!r}" if new else choices("key", key, train)
        faults.append(f"{where}: {fault}")
    if faults:
        raise InputError("\n".join(sorted(faults)))
    some = [k for k in FOR_ALL if is_section(changes.get(k)) and not is_section(train[k])]
    return merge({**train, **{key: dict.fromkeys(tasks, train[key]) for key in some}}, changes)


def resolve_strategy(
    name: str,
    *,
    train: Mapping[str, Any],
    changes: Mapping[str, Any],
    recipe: Recipe,
    tasks: Mapping[str, Task],
    where: str,
) -> TrainSettings:
    """Complete and check the settings of a strategy, which changes section `train`.

    `recipe` is what `auto` stands for; `where`, the params file, opens error messages.
    """
    place = f"{where}: strategies.{name}" if changes else f"{where}: train"
    merged = with_changes(train, changes, tasks, where=place)
    merged |= {key: value for key, value in recipe if merged.get(key) == "auto"}
    settings = validate(TrainSettings, merged, where=place).per_task()
    with located(place, link="."):
        _check_keys(settings, tasks, examples=merged["examples"])
        for task in settings.tasks:
            _check_task(settings, task, tasks[task])
        settings = settings.restrict_to_tasks()
        settings.check_projections()
        settings.check_trains_something()
        if settings.trained:
            shares = settings.adaptation.shares
            settings.check_balancing(settings.trained, all_tasks=tasks, shares=shares)
    return settings


def _check_keys(
    settings: TrainSettings, tasks: Mapping[str, Task], *, examples: Iterable[str]
) -> None:
    """Refuse keys that name no task, also in `examples` as written, and tasks that lack a key."""
    listed = {"tasks": settings.tasks, "evaluation_only": settings.evaluation_only}
    for key, names in {**listed, **settings.by_task, "examples": examples}.items():
        if unknown := [task for task in names if task not in tasks]:
            raise InputError(f"{key}: {choices('task', unknown[0], tasks)}")
    for key, names in listed.items():
        if len(set(names)) < len(names):
            raise InputError(f"{key}: each task once, found {list(names)}")
    if foreign := [task for task in settings.evaluation_only if task not in settings.tasks]:
        raise InputError(
            f"evaluation_only: {foreign[0]!r} is not among the strategy's tasks: "
            f"{', '.join(settings.tasks)}"
        )
    for task in settings.tasks:
        training = ("objectives", "batch_size") if task in settings.trained else ()
        for key in ("pooling", "projections", "heads", *training):
            if task not in settings.by_task[key]:
                raise InputError(f"{key}.{task}: required, since tasks lists {task}")


def _check_task(settings: TrainSettings, name: str, task: Task) -> None:
    """Refuse an encoding, a head or an option of training that does not fit a task."""
    encoding = settings.encoding.get(name)
    if task.paired and encoding is None:
        raise InputError(f"encoding.{name}: required for a task on pairs")
    if encoding is not None and not task.paired:
        raise InputError(f"encoding.{name}: {encoding} needs a task on pairs of texts")
    head, labels, siamese = settings.heads[name], task.labels, encoding == "siamese"
    with located(f"heads.{name}"):
        head.check(labels=labels, paired=siamese)
    if name not in settings.trained:
        return
    with located(f"objectives.{name}"):
        settings.objectives[name].check(labels, width=head.width(labels))
    facts = TaskFacts(labels=labels, siamese=siamese, fixed=settings.adaptation.fixed)
    settings.check_terms(name, facts)
    if settings.resampling.get(name) == "balanced":
        if isinstance(labels, Similarity):
            raise InputError(f"resampling.{name}: balanced needs classes, found {labels.kind}")
        if getattr(settings.objectives[name], "weights", "none") == "balanced":
            raise InputError(
                f"resampling.{name}: balanced, and so are objectives.{name}.weights: rare classes "
                f"would count twice; choose one"
            )
