"""A strategy is section `train` with some keys changed; here its settings are worked out.

Stands above the rooms: it joins what modeling and training each ask for into one section.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from mtbert.errors import InputError, choices, located
from mtbert.modeling.settings import ModelSettings
from mtbert.params import read_section, read_yaml, validate
from mtbert.tasks import Similarity, Task, read_tasks
from mtbert.training.settings import Recipe, Recipes, TrainingSettings
from mtbert.training.term import TaskFacts

# What may be given once for all tasks.
SAME = ("pooling", "maps", "regularizers", "auxiliaries")
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
        if set(self.untrained()) == set(self.tasks):
            raise InputError(
                "adaptation: frozen, and neither a head nor a map has parameters: there is nothing "
                "to train; take another head, or a map with `layers`"
            )

    def own(self) -> "TrainSettings":
        """Keep, of what is keyed by task, the strategy's own tasks, in the order of `tasks`.

        Two ways to write the same training then come to the same settings.
        """
        cut = {
            key: {
                task: value[task]
                for task in self.tasks
                if task in value and (key not in STACKS or value[task])
            }
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


def _spread(
    train: Mapping[str, Any], changes: Mapping[str, Any], tasks: Iterable[str]
) -> Mapping[str, Any]:
    """Write one word for all tasks out by task where a strategy changes it for some of them."""
    some = [key for key in SAME if _plain(changes.get(key)) and not _plain(train[key])]
    return {**train, **{key: dict.fromkeys(tasks, train[key]) for key in some}}


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
    merged = merge(_spread(train, changes, tasks), changes)
    for key, value in recipe:
        if merged.get(key) == "auto":
            merged[key] = value
    settings = validate(TrainSettings, merged, where=spot).spread()
    _check_tasks(settings, tasks, spot)
    settings = settings.own()
    with located(spot, link="."):
        settings.check_maps()
        settings.check_use()
        settings.check_balancing(settings.tasks, named=tasks, shares=settings.adaptation.shares)
    return settings


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
        for key in ("pooling", "maps", "heads", "objectives", "batch_size"):
            if task not in keyed[key]:
                raise InputError(f"{spot}.{key}.{task}: required, since tasks lists {task}")
        with located(spot, link="."):
            _check_task(settings, task, tasks[task])


def _check_task(settings: TrainSettings, name: str, task: Task) -> None:
    """Refuse an encoding, a head, an objective or a resampling that does not fit the task."""
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
    with located(f"objectives.{name}"):
        settings.objectives[name].check(labels, width=head.width(labels))
    facts = TaskFacts(
        labels=labels, siamese=task.paired and not joint, fixed=settings.adaptation.fixed
    )
    settings.check_terms(name, facts)
    if settings.resampling.get(name) == "balanced":
        if isinstance(labels, Similarity):
            raise InputError(f"resampling.{name}: balanced needs classes, found {labels.kind}")
        if getattr(settings.objectives[name], "weights", "none") == "balanced":
            raise InputError(
                f"resampling.{name}: balanced, and so are objectives.{name}.weights: rare classes "
                f"would count twice; choose one"
            )
