"""A task's row is checked whole."""

import pytest
from ruamel.yaml import YAML

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
        (
            {"labels": {"kind": "clases"}},
            "tasks.sst.labels.kind: unknown kind 'clases'; did you mean 'classes'?",
        ),
        (
            {"labels": {"kind": "classes", "cuont": 5}},
            "tasks.sst.labels: unknown key 'cuont'; did you mean 'count'?",
        ),
        ({"labels": {"kind": "classes"}}, "tasks.sst.labels.count: required, but not given"),
        ({"labels": {"kind": "classes", "count": 1}}, "greater than or equal to 2, found 1"),
        ({"labels": {"kind": "similarity", "low": 5, "high": 0}}, "low must be below high"),
        ({"files": {"train": "a"}}, "missing: dev"),
        (
            {"files": {"train": "a", "dev": "b", "tset": "c"}},
            "tasks.sst.files: unknown key 'tset'; did you mean 'test'?",
        ),
        ({"files": {"train": "a", "dev": "a"}}, "tasks.sst.files: each split needs a file of its"),
        *(
            (
                {"predictions": {"file": file, "column": "P"}},
                "tasks.sst.predictions.file: must be a file name with {split} in it, without "
                f"folders and other braces, found {file!r}",
            )
            for file in ("p.csv", "a/{split}.csv", "{split}-{task}.csv", "a\\{split}")
        ),
        ({"colums": {}}, "unknown key 'colums'; did you mean 'columns'?"),
    ],
)
def test_bad_rows(change, told):
    with pytest.raises(InputError) as error:
        validate(Task, {**ROW, **change}, where="p.yaml: tasks.sst")
    assert told in str(error.value)
    assert str(error.value).startswith("p.yaml: tasks.sst")


def write(folder, **rows):
    YAML().dump({"tasks": rows}, folder / "p.yaml")
    return folder / "p.yaml"


def test_rows_are_read_by_name(tmp_path):
    other = ROW | {"predictions": {"file": "b-{split}.csv", "column": "P"}}
    assert list(read_tasks(write(tmp_path, a_1=ROW, b=other))) == ["a_1", "b"]


@pytest.mark.parametrize("name", ["overall", "SST", "1st", "_a", "a-b", "a/b", "a b", "ä", ""])
def test_a_name_that_cannot_be_one_is_refused(tmp_path, name):
    with pytest.raises(InputError, match=rf"p\.yaml: tasks: a name is .* found '{name}'"):
        read_tasks(write(tmp_path, **{name: ROW}))


def test_two_tasks_hand_in_different_files(tmp_path):
    with pytest.raises(
        InputError,
        match=r"p\.yaml: tasks\.b\.predictions\.file: train\.csv is tasks\.a's already",
    ):
        read_tasks(write(tmp_path, a=ROW, b=ROW))


def test_no_tasks(tmp_path):
    (tmp_path / "p.yaml").write_text("tasks: []\n")
    with pytest.raises(InputError, match="expected a mapping of task names"):
        read_tasks(tmp_path / "p.yaml")
