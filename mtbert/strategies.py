"""A strategy is section `train` with some keys changed; its plan is all that its runs depend on.

Stands above the rooms: it joins what modeling and training each ask for into one section.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeGuard

from mtbert.errors import InputError, choices
from mtbert.modeling.settings import ModelSettings
from mtbert.params import Settings, read_yaml, validate
from mtbert.tasks import Task
from mtbert.training.settings import Recipe, TrainingSettings


class TrainSettings(ModelSettings, TrainingSettings):
    """Section `train`, every `auto` replaced."""


class File(Settings):
    """A file that a run reads, and the content it had when the plan was made."""

    path: str
    md5: str


class Source(Settings):
    """The encoder of a run."""

    folder: str
    kind: Literal["scratch", "pretrained"]
    name: str
    files: tuple[File, ...]


class Plan(Settings):
    """A strategy's complete settings, and the content of every file that its training reads."""

    strategy: str
    changes: dict[str, Any]
    data_source: str
    train: TrainSettings
    tasks: dict[str, Task]
    encoder: Source
    sequences: File
    tokenizer: File
    tokens: dict[str, dict[str, File]]


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
    """Work out and check a strategy's complete settings.

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
    return settings


def _check_tasks(settings: TrainSettings, tasks: Mapping[str, Task], spot: str) -> None:
    """Refuse what no single key shows: keys that name no task, tasks without a head."""
    keyed = {
        "tasks": settings.tasks,
        "encoding": settings.encoding,
        "heads": settings.heads,
        "objectives": settings.objectives,
        "batch_size": settings.batch_size,
    }
    for key, names in keyed.items():
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


def read_plan(path: Path) -> Plan:
    """Read a plan that the plan stage wrote.

    Raises:
        InputError: it is missing or does not fit.
    """
    return validate(Plan, read_yaml(path), where=str(path))


def fingerprint(path: Path) -> File:
    """Take the content's digest of a file.

    Raises:
        InputError: there is no such file.
    """
    try:
        with path.open("rb") as file:
            return File(path=str(path), md5=hashlib.file_digest(file, "md5").hexdigest())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc repro` makes it") from None


def verify(files: Mapping[str, File] | tuple[File, ...]) -> None:
    """Make sure that files are still what the plan saw.

    Raises:
        InputError: one has changed since.
    """
    for file in files.values() if isinstance(files, Mapping) else files:
        if fingerprint(Path(file.path)) != file:
            raise InputError(f"{file.path}: changed since the plan was made; run `dvc repro`")
