"""A plan is all that a strategy's runs depend on: its settings and the content of its files."""

import hashlib
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict

from mtbert.core.errors import InputError, choices, located
from mtbert.core.params import Settings, read_json, read_params, read_yaml, validate
from mtbert.core.tasks import SPLITS, Task
from mtbert.experiments.strategies import TrainSettings
from mtbert.modeling.architectures import pooler_in_weights
from mtbert.modeling.settings import ModelTask
from mtbert.training.settings import NO_EXTRA

TRAIN = SPLITS[0]
Strategies = Mapping[str, TrainSettings]


class File(Settings):
    """A file that a run reads, and its content's digest when the plan was made."""

    path: str
    md5: str


class EncoderFiles(Settings):
    """The encoder of a run."""

    folder: str
    kind: Literal["scratch", "pretrained"]
    name: str
    files: tuple[File, ...]


class Origin(Settings):
    """What training needs to know of an encoder's SOURCE.json."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["scratch", "pretrained"]
    name: str | None = None


class Plan(Settings):
    """A strategy's complete settings, and the content of every file that its training reads.

    What only a report or a grader reads (titles, columns, submission files) is left out: it would
    make finished training run again.
    """

    strategy: str
    data_source: str
    train: TrainSettings
    tasks: dict[str, ModelTask]
    metrics: dict[str, str]  # of each task, the one that the best epoch is chosen by
    encoder: EncoderFiles
    sequences: File
    tokenizer: File
    tokens: dict[str, dict[str, File]]


def make_plans(
    strategies: Strategies,
    *,
    tasks: Mapping[str, Task],
    source: str,
    tokens: Path,
    augmented: Path,
    encoder: Path,
) -> list[Plan]:
    """Plan every strategy.

    Args:
        strategies: Name of each to its settings.
        tasks: All tasks of the params file.
        source: `data.source`, where the corpora of tasks without a folder come from.
        tokens: Folder of TOKENS tables.
        augmented: Folder of the sets of TOKENS tables with new rows.
        encoder: Folder of the encoder.

    Raises:
        InputError: a file is missing, or the encoder's SOURCE.json does not fit.
    """
    # An encoder has hundreds of MB, and all strategies read the same files.
    digest = cache(file_digest)
    origin = read_origin(encoder)
    encoder_files = EncoderFiles(
        folder=str(encoder),
        kind=origin.kind,
        name=origin.name or origin.kind,
        files=tuple(digest(path) for path in sorted(encoder.glob("*.*"))),
    )

    def splits(task: str, settings: TrainSettings) -> dict[str, File]:
        read = [split for split in SPLITS[1:] if split in tasks[task].files]
        paths: dict[str, Path] = {s: tokens / task / f"{s}.parquet" for s in read}
        if task in settings.trained:
            train = train_table(task, settings.extra_data, tokens, augmented)
            paths = {TRAIN: train, **paths}
        return {split: digest(path) for split, path in paths.items()}

    return [
        Plan(
            strategy=name,
            **plan_of_params(settings, tasks, source),
            encoder=encoder_files,
            sequences=digest(tokens / "sequences.json"),
            tokenizer=digest(tokens / "tokenizer.json"),
            tokens={task: splits(task, settings) for task in settings.tasks},
        )
        for name, settings in strategies.items()
    ]


def plan_of_params(
    settings: TrainSettings, tasks: Mapping[str, Task], source: str
) -> dict[str, Any]:
    """Give the fields of a strategy's plan that follow from the params file alone."""
    folders = dict.fromkeys(tasks[name].folder or source for name in settings.tasks)
    return {
        "data_source": ", ".join(folders),
        "train": settings,
        "tasks": {name: ModelTask.of(tasks[name]) for name in settings.tasks},
        "metrics": {name: tasks[name].main_metric for name in settings.tasks},
    }


def train_table(task: str, extra_data: str, tokens: Path, augmented: Path) -> Path:
    """Find the TOKENS table that a strategy trains a task on, with its extra data if it has any.

    Raises:
        InputError: there is no such set of extra data.
    """
    table = Path(task) / f"{TRAIN}.parquet"
    if extra_data == NO_EXTRA:
        return tokens / table
    if not (augmented / extra_data).is_dir():
        raise InputError(f"{augmented / extra_data}: no such folder; `dvc repro` makes it")
    grown = augmented / extra_data / table
    return grown if grown.is_file() else tokens / table


# What cannot be checked from the params file's section `train` alone. `where` opens the messages.


def check_encoder(strategies: Strategies, config: Mapping[str, Any], *, where: str) -> None:
    """Refuse what the encoder, by the content of its config.json, does not have.

    Raises:
        InputError: naming the strategy, the key and the reason.
    """
    for name, settings in strategies.items():
        with located(f"{where}: strategies.{name}", link="."):
            settings.check_encoder(config)


def check_pooler(strategies: Strategies, encoder: Path, *, where: str) -> None:
    """Refuse to read a pooler that the encoder's weights lack: it would start at random.

    Raises:
        InputError: naming the strategy.
    """
    needing = [name for name, settings in strategies.items() if settings.needs_pooler]
    if needing and not pooler_in_weights(encoder):
        raise InputError(
            f"{where}: strategies.{needing[0]}.pooling: pooler: the weights in {encoder} have "
            f"none; cls reads the same token without it"
        )


def check_extra_data(
    strategies: Strategies, sets: Mapping[str, Collection[str]], *, where: str
) -> None:
    """Refuse extra data that no set of section `augment` makes.

    Args:
        strategies: Name of each to its settings.
        sets: Name of each set to the tasks that it has rows for.
        where: The params file.

    Raises:
        InputError: no such set, or it has rows for none of the tasks that a strategy trains.
    """
    for name, settings in strategies.items():
        wanted = settings.extra_data
        with located(f"{where}: strategies.{name}.extra_data"):
            if wanted not in (NO_EXTRA, *sets):
                raise InputError(choices("set of section augment", wanted, [NO_EXTRA, *sets]))
            if wanted != NO_EXTRA and not set(sets[wanted]).intersection(settings.trained):
                raise InputError(
                    f"{wanted} has rows for {', '.join(sets[wanted])}, and for none of the tasks "
                    f"that the strategy trains: {', '.join(settings.trained) or 'none'}"
                )


def check_examples(strategies: Strategies, tokens: Path, augmented: Path, *, where: str) -> None:
    """Refuse to draw from more examples than a task's TOKENS table has.

    Raises:
        InputError: naming the strategy, the task and both numbers.
    """
    from pyarrow.parquet import read_metadata

    for name, settings in strategies.items():
        for task, subset in settings.examples.items():
            with located(f"{where}: strategies.{name}.examples.{task}", link="."):
                table = train_table(task, settings.extra_data, tokens, augmented)
                subset.check(read_metadata(table).num_rows)


def read_source(params: Path) -> str:
    """Read `data.source`: where the corpora came from.

    Raises:
        InputError: it is missing or not a word.
    """
    data = read_params(params).get("data")
    source = data.get("source") if isinstance(data, Mapping) else data
    if not isinstance(source, str):
        raise InputError(
            f"{params}: data.source: expected sample, cs224n or a folder, found {source!r}"
        )
    return source


def read_origin(encoder: Path) -> Origin:
    """Read where an encoder came from, as the download stage recorded it.

    Raises:
        InputError: the record is missing or does not fit.
    """
    path = encoder / "SOURCE.json"
    try:
        return validate(Origin, read_json(path), where=str(path))
    except InputError as error:
        raise InputError(f"{error}; `dvc repro` makes it anew") from None


def read_plan(path: Path) -> Plan:
    """Read a plan that the plan stage wrote.

    Raises:
        InputError: it is missing or does not fit.
    """
    return validate(Plan, read_yaml(path), where=str(path))


def file_digest(path: Path) -> File:
    """Take the digest of a file's content.

    Raises:
        InputError: there is no such file.
    """
    try:
        with path.open("rb") as file:
            return File(path=str(path), md5=hashlib.file_digest(file, "md5").hexdigest())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc repro` makes it") from None


def verify(plan: Plan) -> None:
    """Refuse to run a plan whose files have changed since.

    Raises:
        InputError: naming the first one.
    """
    splits = (file for task in plan.tokens.values() for file in task.values())
    for file in (*plan.encoder.files, plan.sequences, plan.tokenizer, *splits):
        if file_digest(Path(file.path)) != file:
            raise InputError(f"{file.path}: changed since the plan was made; run `dvc repro`")
