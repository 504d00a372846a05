"""Which columns hold texts, labels and ids."""

from pathlib import Path

import pandas as pd
import pytest

from mtbert.core.errors import InputError
from mtbert.core.tasks import FileFormat
from mtbert.scaffold.columns import guess_columns
from mtbert.scaffold.files import TableFile, read_tables

TEN = [f"a text number {n}" for n in range(10)]
TWO = ["x", "y"] * 5


def guess(**splits):
    files = {}
    for split, own in splits.items():
        frame = pd.DataFrame(own)
        frame.index = pd.RangeIndex(2, len(frame) + 2, name="line")
        files[split] = TableFile(Path(split), FileFormat(format="csv"), frame)
    columns, notes = guess_columns(files)
    return list(columns.model_dump(exclude_none=True).items()), notes


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"text": TEN, "label": TWO}, {"text_a": "text", "label": "label"}),
        ({"Label": TWO, "Review": TEN}, {"text_a": "Review", "label": "Label"}),
        ({"words": TEN, "tone": TWO}, {"text_a": "words", "label": "tone"}),
        (
            {"question1": TEN, "question2": TEN, "is_duplicate": TWO},
            {"text_a": "question1", "text_b": "question2", "label": "is_duplicate"},
        ),
        (
            {"Text A": TEN, "Text B": TEN, "score": TWO},
            {"text_a": "Text A", "text_b": "Text B", "label": "score"},
        ),
        (
            {"hypothesis": TEN, "premise": TEN, "label": TWO},
            {"text_a": "premise", "text_b": "hypothesis", "label": "label"},
        ),
        (
            {"idx": range(10), "date": range(10), "long": TEN, "class": TWO},
            {"id": "idx", "text_a": "long", "label": "class"},
        ),
        # Letters make a text, were it only one.
        ({"n": [*range(9), "x"], "label": TWO}, {"text_a": "n", "label": "label"}),
        (
            {"ticket": [f"T{n}" for n in range(10)], "body": TEN, "topic": TWO},
            {"id": "ticket", "text_a": "body", "label": "topic"},
        ),
        # Without a header: of few distinct values numbers are labels; two columns of words a pair.
        (
            {"0": [*"ab"] * 5, "1": [*"01"] * 5, "2": TEN, "3": TEN},
            {"text_a": "2", "text_b": "3", "label": "1"},
        ),
    ],
)
def test_names_decide_then_values(frame, expected):
    assert guess(train=frame)[0] == list(expected.items())


def test_unused_columns_are_named():
    assert guess(train={"text": TEN, "title": TEN, "label": TWO})[1] == ["not used: title"]


def test_ids_are_a_split_s_own():
    frame = {"id": range(10), "text": TEN, "label": TWO}
    columns, notes = guess(train=frame, dev=frame)
    assert dict(columns) == {"id": "id", "text_a": "text", "label": "label"}
    assert notes == []


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"text": TEN}, "found one with a name, 'text'"),
        ({"text": TEN, "note": TEN}, "no column of labels: none of text, note"),
        ({"words": TEN, "a": TWO, "b": TWO}, "as labels have: a, b; rename"),
        ({"id": range(10), "label": TWO}, "no column of texts beside"),
        ({"id": [*range(9), 3], "text": TEN, "label": TWO}, "id '3' in line 5 and line 11"),
        ({"id": [""] * 10, "text": TEN, "label": TWO}, "an empty id in line 2 and line 3"),
    ],
)
def test_what_cannot_be_guessed_is_named(frame, message):
    with pytest.raises(InputError, match=f"^train: .*{message}"):
        guess(train=frame)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.csv", "b.csv"], {"a": ["train"], "b": ["train"]}),
        (["a-train.csv", "a_val.csv", "a.test.csv"], {"a": ["train", "dev", "test"]}),
        (["train.csv", "dev.csv"], {"own_data": ["train", "dev"]}),
        (["Test.csv", "training.csv"], {"own_data": ["train", "test"]}),
        (["2024-x.csv", "float.csv", "overall.csv"], ["task_2024_x", "float_task", "overall_task"]),
    ],
)
def test_names_of_files_say_task_and_split(tmp_path, names, expected):
    folder = tmp_path / "own data"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("text,label\nso,1\n")
    found = {task: list(files) for task, files in read_tables(folder).items()}
    assert (found if isinstance(expected, dict) else list(found)) == expected
