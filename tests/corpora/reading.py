"""What the tests of corpora share: a task, and rows read by it."""

from mtbert.core.params import validate
from mtbert.core.tasks import Task
from mtbert.corpora.validation import Data, read_split


def task(**keys):
    row = {
        "files": {"train": "train.csv", "dev": "dev.csv"},
        "columns": {"id": "id", "text_a": "one", "label": "score"},
        "labels": {"kind": "binary"},
        "title": "pairs",
        "predictions": {"file": "{split}.csv"},
    }
    return validate(Task, row | keys, where="tasks.pairs")


def read(path, content, of, *, share=0.9, split="train"):
    path.write_bytes(content)
    data = Data(source="x", max_bad_share=share, max_characters=40)
    return read_split(path, of, data, split=split)


def column(examples, name):
    return [row.get(name) for row in examples.usable]
