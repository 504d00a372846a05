"""What the tests of corpora share: a task, and rows read by it."""

from pathlib import Path
from typing import Any

from mtbert.core.params import validate
from mtbert.core.tasks import Split, Task
from mtbert.corpora.validation import Data, Examples, read_split


def task(**keys: Any) -> Task:
    row = {
        "files": {"train": "train.csv", "dev": "dev.csv"},
        "columns": {"id": "id", "text_a": "one", "label": "score"},
        "labels": {"kind": "binary"},
        "title": "pairs",
        "predictions": {"file": "{split}.csv"},
    }
    return validate(Task, row | keys, where="tasks.pairs")


def read(
    path: Path, content: bytes, of: Task, *, share: float = 0.9, split: Split = "train"
) -> Examples:
    path.write_bytes(content)
    data = Data(source="x", max_bad_share=share, max_characters=40)
    return read_split(path, of, data, split=split, seen={})


def column(examples: Examples, name: str) -> list[Any]:
    return [row.get(name) for row in examples.usable]
