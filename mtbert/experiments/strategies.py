"""A strategy is section `train` with some keys changed; here its settings are worked out.

Stands above the rooms: it joins what modeling and training each ask for into one section.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError, choices, located
from mtbert.core.params import merge, plain, read_params, read_section, validate
from mtbert.core.tasks import Similarity, Task, read_tasks
from mtbert.evaluation.metrics import check_metrics
from mtbert.modeling.settings import ModelSettings
from mtbert.training.settings import Recipe, Recipes, TrainingSettings
from mtbert.training.term import TaskFacts

# What may be given once for all tasks.
SAME = ("pooling", "projections", "regularizers", "auxiliaries")
# Of these a task may have none.
STACKS = ("regularizers", "auxiliaries")


class TrainSettings(ModelSettings, TrainingSettings):
    """Section `train`, every `auto` replaced."""

    @property
    def keyed(self) -> dict[str, dict[str, Any]]:
        """The settings that are keyed by task."""
        return {key: value for key, value in self if isinstance(value, dict)}

    def spread(self) -> "TrainSettings":
        """Write what is the same for all tasks out by task."""
        same = {
            key: dict.fromkeys(self.tasks, value)
            for key in SAME
            if not isinstance(value := getattr(self, key), dict)
        }
        return self.model_copy(update=same)

    def check_use(self) -> None:
        """Refuse rates of what is not trained, and a strategy that trains nothing at all.

        Raises:
            InputError: with the reason.
        """
        if self.layer_decay < 1 and not self.adaptation.trains_encoder:
            raise InputError(
                f"layer_decay: {self.layer_decay} is for the encoder's own weights, and this "
                f"adaptation trains none of them; expected 1"
            )
        if self.trained and set(self.unchanged()) == set(self.trained):
            raise InputError(
                "adaptation: frozen, and neither a head nor a map has parameters: there is nothing "
                "to train; take another head, or a map with `layers`"
            )

    def own(self) -> "TrainSettings":
        """Keep, of what is keyed by task, the strategy's own tasks, in the order of `tasks`.

        Of what makes the training these are the trained ones. Two ways to write the same training
        then come to the same settings.
        """
        cut = {
            key: {
                task: value[task]
                for task in (self.tasks if key in ModelSettings.model_fields else self.trained)
                if task in value and (key not in STACKS or value[task])
            }
            for key, value in self.keyed.items()
        }
        untrained = tuple(task for task in self.tasks if task in self.evaluation_only)
        return self.model_copy(update={**cut, "evaluation_only": untrained})


def read_strategies(params: Path, *, encoder: str) -> dict[str, TrainSettings]:
    """Read and check every strategy of a params file; give each one's complete settings.

    Args:
        params: The params file.
        encoder: Kind of the encoder, which decides the recipe: scratch or pretrained.

    Raises:
        InputError: a section, name, key, word or type does not fit, or they do not fit together.
    """
    return settle(params, params, encoder=encoder)


def settle(
    params: Path, file: Path, *, encoder: str, over: Mapping[str, Any] | None = None
) -> dict[str, TrainSettings]:
    """Check every strategy of a file; give each one's complete settings.

    Args:
        params: The params file, with sections `train`, `recipes` and `tasks`.
        file: The one with the strategies: the params file itself, or a study's.
        encoder: Kind of the encoder, which decides the recipe: scratch or pretrained.
        over: Changes to section `train` that all of the strategies share.

    Raises:
        InputError: a section, name, key, word or type does not fit, or they do not fit together.
    """
    train, tasks = read_params(params).get("train"), read_tasks(params)
    check_metrics(tasks, where=str(params))
    recipe = getattr(read_section(params, "recipes", Recipes), encoder)
    if not isinstance(train, Mapping):
        raise InputError(f"{params}: train: expected a mapping of keys, found {train!r}")
    if unknown := [key for key in over or {} if key not in train]:
        raise InputError(f"{file}: train: {choices('key', unknown[0], train)}")
    train = merge(_spread(train, over, tasks), over) if over else train

    def settled(name: str, changes: Mapping[str, Any]) -> TrainSettings:
        return strategy_settings(
            name, train=train, changes=changes, recipe=recipe, tasks=tasks, where=str(file)
        )

    settled("train", {})
    strategies = check_names(read_params(file).get("strategies"), file)
    return {name: settled(name, changes) for name, changes in strategies.items()}


def check_names(strategies: Any, params: Path) -> dict[str, dict[str, Any]]:
    """Refuse strategies that cannot name a run; give each one's changes.

    Raises:
        InputError: with the rule.
    """
    if not isinstance(strategies, Mapping) or not strategies:
        raise InputError(f"{params}: strategies: expected at least one, found {strategies!r}")
    for name, changes in strategies.items():
        if not _names(str(name)):
            raise InputError(
                f"{params}: strategies: a name has letters, digits, _ and, inside, - only, found "
                f"{name!r}"
            )
        if not isinstance(changes or {}, Mapping):
            raise InputError(
                f"{params}: strategies.{name}: expected changes to train, found {changes!r}"
            )
    return {str(name): dict(changes or {}) for name, changes in strategies.items()}


def _names(word: str) -> bool:
    """Whether a word may be part of the names of folders and stages."""
    return word.replace("_", "").replace("-", "").isalnum() and word == word.strip("-")


def _spread(
    train: Mapping[str, Any], changes: Mapping[str, Any], tasks: Iterable[str]
) -> Mapping[str, Any]:
    """Write one word for all tasks out by task where a strategy changes it for some of them."""
    some = [key for key in SAME if plain(changes.get(key)) and not plain(train[key])]
    return {**train, **{key: dict.fromkeys(tasks, train[key]) for key in some}}


def strategy_settings(
    name: str,
    *,
    train: Mapping[str, Any],
    changes: Mapping[str, Any],
    recipe: Recipe,
    tasks: Mapping[str, Task],
    where: str,
) -> TrainSettings:
    """Work out and check a strategy's complete settings, of its own tasks alone.

    Args:
        name: The strategy's name.
        train: Section `train` as written.
        changes: What the strategy changes in it.
        recipe: What `auto` stands for.
        tasks: All tasks of the params file.
        where: Opens error messages: the params file.

    Raises:
        InputError: a key, a word or a type does not fit; or a task, head or encoding is missing or
            does not fit the task.
    """
    # Section `train` itself is checked first, with no changes: what fails after is the strategy's.
    spot = f"{where}: strategies.{name}" if changes else f"{where}: train"
    if unknown := [key for key in changes if key not in train]:
        raise InputError(f"{where}: strategies.{name}: {choices('key', unknown[0], train)}")
    merged = merge(_spread(train, changes, tasks), changes)
    for key, value in recipe:
        if merged.get(key) == "auto":
            merged[key] = value
    settings = validate(TrainSettings, merged, where=spot).spread()
    _check_tasks(settings, tasks, spot)
    settings = settings.own()
    with located(spot, link="."):
        settings.check_projections()
        settings.check_use()
        if trained := settings.trained:
            settings.check_balancing(trained, named=tasks, shares=settings.adaptation.shares)
    return settings


def _check_tasks(settings: TrainSettings, tasks: Mapping[str, Task], spot: str) -> None:
    """Refuse what no single key shows: keys that name no task, tasks without a head."""
    keyed = settings.keyed
    listed = {"tasks": settings.tasks, "evaluation_only": settings.evaluation_only}
    for key, names in {**listed, **keyed}.items():
        for task in names:
            if task not in tasks:
                raise InputError(f"{spot}.{key}: {choices('task', task, tasks)}")
    for key, names in listed.items():
        if len(set(names)) < len(names):
            raise InputError(f"{spot}.{key}: each task once, found {list(names)}")
    if foreign := [task for task in settings.evaluation_only if task not in settings.tasks]:
        raise InputError(
            f"{spot}.evaluation_only: {foreign[0]!r} is not among the strategy's tasks: "
            f"{', '.join(settings.tasks)}"
        )
    for task in settings.tasks:
        learning = ("objectives", "batch_size") if task in settings.trained else ()
        for key in ("pooling", "projections", "heads", *learning):
            if task not in keyed[key]:
                raise InputError(f"{spot}.{key}.{task}: required, since tasks lists {task}")
        with located(spot, link="."):
            _check_task(settings, task, tasks[task])


def _check_task(settings: TrainSettings, name: str, task: Task) -> None:
    """Refuse an encoding or a head that does not fit the task; if it is trained, how it is, too."""
    if task.paired and name not in settings.encoding:
        raise InputError(f"encoding.{name}: required for a task on pairs")
    joint = settings.encoding.get(name) == "joint"
    if name in settings.encoding and not task.paired:
        raise InputError(
            f"encoding.{name}: {settings.encoding[name]} needs a task on pairs of texts"
        )
    head, labels = settings.heads[name], task.labels
    with located(f"heads.{name}"):
        head.check(labels=labels, paired=task.paired and not joint)
    if name in settings.trained:
        _check_training(settings, name, task, siamese=task.paired and not joint)


def _check_training(settings: TrainSettings, name: str, task: Task, *, siamese: bool) -> None:
    """Refuse an objective, a term or a resampling that does not fit the task."""
    labels = task.labels
    with located(f"objectives.{name}"):
        settings.objectives[name].check(labels, width=settings.heads[name].width(labels))
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
