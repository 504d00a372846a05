"""A plan is all that a strategy's runs depend on: its settings and what is in the files it reads.

Stands above the rooms and `strategies`.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from mtbert.errors import InputError
from mtbert.params import Settings, read_yaml, validate
from mtbert.strategies import Strategy, TrainSettings
from mtbert.tasks import Task


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


def make_plan(
    name: str,
    strategy: Strategy,
    *,
    tasks: dict[str, Task],
    source: str,
    tokens: Path,
    encoder: Path,
) -> Plan:
    """Plan a strategy.

    Args:
        name: The strategy's name.
        strategy: Its settings.
        tasks: All tasks of the params file.
        source: Where the corpora came from, for the record.
        tokens: Folder of TOKENS tables.
        encoder: Folder of the encoder.

    Raises:
        InputError: a file is missing.
    """
    used = {task: tasks[task] for task in strategy.settings.tasks}
    origin = read_origin(encoder)
    return Plan(
        strategy=name,
        changes=strategy.changes,
        data_source=source,
        train=strategy.settings,
        tasks=used,
        encoder=Source(
            folder=str(encoder),
            kind=origin["kind"],
            name=origin.get("name", origin["kind"]),
            files=tuple(fingerprint(path) for path in sorted(encoder.glob("*.*"))),
        ),
        sequences=fingerprint(tokens / "sequences.json"),
        tokenizer=fingerprint(tokens / "tokenizer.json"),
        tokens={
            name: {split: fingerprint(tokens / name / f"{split}.parquet") for split in task.files}
            for name, task in used.items()
        },
    )


def read_origin(encoder: Path) -> dict[str, Any]:
    """Read where an encoder came from, as the download stage recorded it."""
    return dict(json.loads((encoder / "SOURCE.json").read_text(encoding="utf-8")))


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


def verify(files: Iterable[File]) -> None:
    """Make sure that files are still what the plan saw.

    Raises:
        InputError: one has changed since.
    """
    for file in files:
        if fingerprint(Path(file.path)) != file:
            raise InputError(f"{file.path}: changed since the plan was made; run `dvc repro`")
