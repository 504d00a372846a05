"""A task's row is checked whole."""

import pytest

from mtbert.errors import InputError
from mtbert.params import validate
from mtbert.tasks import Task, read_tasks

ROW = {
    "title": "t",
    "files": {"train": "a", "dev": "b"},
    "columns": {"id": "id", "text_a": "s", "label": "y"},
    "labels": {"kind": "classes", "count": 5},
    "predictions": {"file": "{split}.csv", "column": "P"},
}


def test_kinds_know_width_and_bounds():
    def labels(**row):
        return validate(Task, {**ROW, "labels": row}, where="p").labels

    five = labels(kind="classes", count=5)
    assert (five.width, five.bounds) == (5, (0.0, 4.0))
    two = labels(kind="binary")
    assert (two.width, two.bounds) == (1, (0.0, 1.0))
    range_ = labels(kind="similarity", low=0, high=5)
    assert (range_.width, range_.bounds) == (1, (0.0, 5.0))


def test_pairs():
    assert not validate(Task, ROW, where="p").paired
    columns = {**ROW["columns"], "text_b": "s2"}
    assert validate(Task, {**ROW, "columns": columns}, where="p").paired


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"labels": {"kind": "clases"}}, "labels"),
        ({"labels": {"kind": "classes", "count": 1}}, "greater than or equal to 2, found 1"),
        ({"labels": {"kind": "similarity", "low": 5, "high": 0}}, "low must be below high"),
        ({"files": {"train": "a"}}, "missing: dev"),
        ({"files": {"train": "a", "dev": "b", "tset": "c"}}, "tset"),
        ({"colums": {}}, "unknown key 'colums'; did you mean 'columns'?"),
    ],
)
def test_bad_rows(change, told):
    with pytest.raises(InputError) as error:
        validate(Task, {**ROW, **change}, where="p.yaml: tasks.sst")
    assert told in str(error.value)
    assert str(error.value).startswith("p.yaml: tasks.sst")


def test_no_tasks(tmp_path):
    (tmp_path / "p.yaml").write_text("tasks: []\n")
    with pytest.raises(InputError, match="expected a mapping of task names"):
        read_tasks(tmp_path / "p.yaml")
