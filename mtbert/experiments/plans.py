"""A plan holds all that a strategy's runs depend on: settings and the content of files."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict

from mtbert.core.errors import InputError, choices, located
from mtbert.core.names import without_place
from mtbert.core.params import Settings, read_json, read_params, read_yaml, validate
from mtbert.core.tasks import SPLITS, Task
from mtbert.experiments.strategies import TrainSettings
from mtbert.modeling.architectures import pooler_in_weights
from mtbert.modeling.settings import ModelTask
from mtbert.training.settings import NO_EXTRA

Strategies = Mapping[str, TrainSettings]


class File(Settings):
    """A file that a run reads, and the digest of its content when the plan was made."""

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

    Leaves out titles, columns and submission files, so that changing them does not retrain.
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
    """Plan every strategy; an InputError names a file that is missing or does not fit.

    The corpora of tasks without a folder come from `source`; `tokens` has the TOKENS tables,
    `augmented` the sets of tables with new rows.
    """
    # An encoder has hundreds of MB, and all strategies read the same files.
    digest = cache(file_digest)
    origin = read_origin(encoder)
    files = tuple(digest(path) for path in sorted(encoder.glob("*.*")))
    name = without_place(origin.name or origin.kind)
    encoder_files = EncoderFiles(folder=str(encoder), kind=origin.kind, name=name, files=files)
    plans = []
    for strategy, settings in strategies.items():
        own = {task: tasks[task] for task in settings.tasks}
        tables = {task: find_tables(settings, task, own[task], tokens, augmented) for task in own}
        plan = Plan(
            strategy=strategy,
            data_source=", ".join(
                dict.fromkeys(without_place(task.folder or source) for task in own.values())
            ),
            train=settings,
            tasks={name: ModelTask.of(task) for name, task in own.items()},
            metrics={name: task.main_metric for name, task in own.items()},
            encoder=encoder_files,
            sequences=digest(tokens / "sequences.json"),
            tokenizer=digest(tokens / "tokenizer.json"),
            tokens={name: {s: digest(path) for s, path in tables[name].items()} for name in own},
        )
        plans.append(plan)
    return plans


def find_tables(
    settings: TrainSettings, name: str, task: Task, tokens: Path, augmented: Path
) -> dict[str, Path]:
    """Find the TOKENS table of each split of a task, that of train with the strategy's extra data.

    Raises:
        InputError: there is no such set of extra data.
    """
    splits = [split for split in SPLITS if split in task.files]
    tables: dict[str, Path] = {split: tokens / name / f"{split}.parquet" for split in splits}
    extra = augmented / settings.extra_data
    if name not in settings.trained:
        del tables["train"]
    elif settings.extra_data != NO_EXTRA:
        if not extra.is_dir():
            raise InputError(f"{extra}: no such folder; `dvc repro` makes it")
        if (grown := extra / name / "train.parquet").is_file():
            tables["train"] = grown
    return tables


# Checks that need more than section `train`. `where` opens the messages.


def check_encoder(strategies: Strategies, config: Mapping[str, Any], *, where: str) -> None:
    """Refuse what the encoder, by the content of its config.json, does not have."""
    for name, settings in strategies.items():
        with located(f"{where}: strategies.{name}", link="."):
            settings.check_encoder(config)


def check_pooler(strategies: Strategies, encoder: Path, *, where: str) -> None:
    """Refuse to read a pooler that the encoder's weights lack: it would start at random."""
    needing = [name for name, settings in strategies.items() if settings.needs_pooler]
    if needing and not pooler_in_weights(encoder):
        raise InputError(
            f"{where}: strategies.{needing[0]}.pooling: pooler: the weights in {encoder} have "
            f"none; cls reads the same token without it"
        )


def check_extra_data(
    strategies: Strategies, sets: Mapping[str, Collection[str]], *, where: str
) -> None:
    """Refuse extra data that no set of section `augment` makes for a strategy's trained tasks.

    `sets` has, by the name of each set, the tasks that it has rows for.
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


def check_examples(plans: Iterable[Plan], *, where: str) -> None:
    """Refuse to draw from more examples than a task's TOKENS table has."""
    from pyarrow.parquet import read_metadata

    for plan in plans:
        for task, subset in plan.train.examples.items():
            with located(f"{where}: strategies.{plan.strategy}.examples.{task}", link="."):
                subset.check(read_metadata(plan.tokens[task]["train"].path).num_rows)


def read_source(params: Path) -> str:
    """Read `data.source`: where the corpora came from."""
    data = read_params(params).get("data")
    source = data.get("source") if isinstance(data, Mapping) else data
    if not isinstance(source, str):
        raise InputError(
            f"{params}: data.source: expected sample, cs224n or a folder, found {source!r}"
        )
    return source


def read_origin(encoder: Path) -> Origin:
    """Read where an encoder came from, as the download stage recorded it."""
    path = encoder / "SOURCE.json"
    try:
        return validate(Origin, read_json(path), where=str(path))
    except InputError as error:
        raise InputError(f"{error}; `dvc repro` makes it anew") from None


def read_plan(path: Path) -> Plan:
    """Read a plan that the plan stage wrote."""
    return validate(Plan, read_yaml(path), where=str(path))


def file_digest(path: Path) -> File:
    """Digest a file's content."""
    try:
        with path.open("rb") as file:
            return File(path=str(path), md5=hashlib.file_digest(file, "md5").hexdigest())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc repro` makes it") from None


def plan_files(plan: Plan) -> list[File]:
    """List all files that a plan's runs read."""
    splits = [file for task in plan.tokens.values() for file in task.values()]
    return [*plan.encoder.files, plan.sequences, plan.tokenizer, *splits]


def verify(plan: Plan) -> None:
    """Refuse to run a plan whose files have changed since it was made."""
    for file in plan_files(plan):
        if file_digest(Path(file.path)) != file:
            raise InputError(f"{file.path}: changed since the plan was made; run `dvc repro`")
