"""A strategy is section `train` with some keys changed; here its settings are worked out.

Stands above the rooms: it joins what modeling and training each ask for into one section.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeGuard

from mtbert.errors import InputError, choices
from mtbert.modeling.settings import ModelSettings
from mtbert.params import read_section, read_yaml, validate
from mtbert.tasks import Task, read_tasks
from mtbert.training.settings import Recipe, Recipes, TrainingSettings


class TrainSettings(ModelSettings, TrainingSettings):
    """Section `train`, every `auto` replaced."""

    @property
    def keyed(self) -> dict[str, dict[str, Any]]:
        """The settings that are keyed by task."""
        return {key: value for key, value in self if isinstance(value, dict)}

    def own(self) -> "TrainSettings":
        """Keep, of what is keyed by task, the strategy's own tasks, in the order of `tasks`.

        Two ways to write the same training then come to the same settings.
        """
        cut = {
            key: {task: value[task] for task in self.tasks if task in value}
            for key, value in self.keyed.items()
        }
        return self.model_copy(update=cut)


def read_strategies(params: Path, *, encoder: str) -> dict[str, TrainSettings]:
    """Read and check every strategy of a params file; give each one's complete settings.

    Args:
        params: The params file.
        encoder: Kind of the encoder, which decides the recipe: scratch or pretrained.

    Raises:
        InputError: a section, name, key, word or type does not fit, or they do not fit together.
    """
    sections, tasks = read_yaml(params), read_tasks(params)
    recipe = getattr(read_section(params, "recipes", Recipes), encoder)
    train = sections.get("train")
    if not isinstance(train, Mapping):
        raise InputError(f"{params}: train: expected a mapping of keys, found {train!r}")
    strategies = check_names(sections.get("strategies"), params)

    def settle(name: str, changes: Mapping[str, Any]) -> TrainSettings:
        return strategy_settings(
            name, train=train, changes=changes, recipe=recipe, tasks=tasks, where=str(params)
        )

    settle("train", {})
    return {name: settle(name, changes) for name, changes in strategies.items()}


def check_names(strategies: Any, params: Path) -> dict[str, dict[str, Any]]:
    """Refuse strategies that cannot name a run; give each one's changes.

    Raises:
        InputError: with the rule.
    """
    if not isinstance(strategies, Mapping) or not strategies:
        raise InputError(f"{params}: strategies: expected at least one, found {strategies!r}")
    for name, changes in strategies.items():
        if not str(name).replace("_", "").isalnum():
            raise InputError(
                f"{params}: strategies: a name has letters, digits and _ only, found {name!r}"
            )
        if not isinstance(changes or {}, Mapping):
            raise InputError(
                f"{params}: strategies.{name}: expected changes to train, found {changes!r}"
            )
    return {str(name): dict(changes or {}) for name, changes in strategies.items()}


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Lay changes over settings: mappings key by key, all else (a method with its knobs) whole."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        if _plain(old) and _plain(value):
            value = merge(old, value)
        merged[key] = value
    return merged


def _plain(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping) and "name" not in value


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
    merged = merge(train, changes)
    for key, value in recipe:
        if merged.get(key) == "auto":
            merged[key] = value
    settings = validate(TrainSettings, merged, where=spot)
    _check_tasks(settings, tasks, spot)
    return settings.own()


def _check_tasks(settings: TrainSettings, tasks: Mapping[str, Task], spot: str) -> None:
    """Refuse what no single key shows: keys that name no task, tasks without a head."""
    keyed = settings.keyed
    for key, names in {"tasks": settings.tasks, **keyed}.items():
        for task in names:
            if task not in tasks:
                raise InputError(f"{spot}.{key}: {choices('task', task, tasks)}")
    if len(set(settings.tasks)) < len(settings.tasks):
        raise InputError(f"{spot}.tasks: each task once, found {list(settings.tasks)}")
    for task in settings.tasks:
        for key in ("heads", "objectives", "batch_size"):
            if task not in keyed[key]:
                raise InputError(f"{spot}.{key}.{task}: required, since tasks lists {task}")
        if tasks[task].paired and task not in settings.encoding:
            raise InputError(f"{spot}.encoding.{task}: required for a task on pairs")
        joint = settings.encoding.get(task) == "joint"
        if joint and not tasks[task].paired:
            raise InputError(f"{spot}.encoding.{task}: joint needs a task on pairs of texts")
        labels, paired = tasks[task].labels, tasks[task].paired and not joint
        with _located(f"{spot}.heads.{task}"):
            settings.heads[task].check(labels=labels, paired=paired)
        with _located(f"{spot}.objectives.{task}"):
            settings.objectives[task].check(labels)


@contextmanager
def _located(place: str) -> Iterator[None]:
    """Put the place in front of an error."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{place}: {error}") from None
