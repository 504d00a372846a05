"""A task's row is checked whole."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mtbert.core.errors import InputError
from mtbert.core.labels import classes, unnamed
from mtbert.core.params import validate
from mtbert.core.tasks import NAME, RESERVED, Task, read_tasks, tasks_of_plan

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
        (
            {"files": {"train": "a", "dev": "x/b"}},
            "tasks.sst.files: plain file names, their folder stands in `folder`; found x/b",
        ),
        ({"format": "paquet"}, "tasks.sst.format: unknown format 'paquet'; did you mean 'parquet'"),
        *(
            ({"labels": {"kind": "classes", **labels}}, f"tasks.sst.labels{told}")
            for labels, told in (
                ({"names": ["a"]}, ".count: input should be greater than or equal to 2, found 1"),
                ({"names": ["a", "b"], "count": 3}, ": count is 3, but there are 2 names"),
                ({"names": ["a", "a"]}, ".names: each name once, found ['a', 'a']"),
                ({"names": ["a", " b"]}, ".names: a name is printable text without spaces"),
                ({"names": ["a", "b\nc"]}, ".names: a name is printable text without spaces"),
                ({"names": ["a", 2]}, '.names: names are text, quote each: ["a", "2"]; found 2 '),
                (
                    {"names": [False, True]},
                    '.names: names are text, quote each: ["false", "true"]; found f',
                ),
                ({"names": ["a", ["b"]]}, ".names.1: input should be a valid string, found ['b']"),
                ({"names": "ab"}, ".names: expected a list, found 'ab'"),
            )
        ),
        (
            {"columns": {"text_a": "s", "text_b": "t", "label": "s"}},
            "columns: each key needs a column of its own, found 's' for text_a and label",
        ),
        (
            {"labels": {"kind": "binary", "names": [0, 1]}},
            'tasks.sst.labels.names: names are text, quote each: ["0", "1"]; found 0',
        ),
        (
            {"labels": {"kind": "binary", "names": ["a", "b", "c"]}},
            "tasks.sst.labels.names: value should have at most 2 items",
        ),
    ],
)
def test_bad_rows(change, told):
    with pytest.raises(InputError) as error:
        validate(Task, {**ROW, **change}, where="p.yaml: tasks.sst")
    assert told in str(error.value)
    assert str(error.value).startswith("p.yaml: tasks.sst")


def labels_of(**row):
    return validate(Task, {**ROW, "labels": row}, where="p").labels


def test_names_say_how_many_classes_there_are():
    three = labels_of(kind="classes", names=["a", "b", "c"])
    assert (three.count, three.bounds, classes(three)) == (3, (0.0, 2.0), ("a", "b", "c"))
    assert labels_of(kind="classes", names=["a", "b", "c"], count=3) == three
    assert unnamed(three) == labels_of(kind="classes", count=3)
    assert classes(unnamed(three)) == ("0", "1", "2")
    assert classes(labels_of(kind="binary", names=["no", "yes"])) == ("no", "yes")


def test_classes_of_a_range_are_whole_labels_halves_up():
    range_ = labels_of(kind="similarity", low=-0.6, high=2.5)
    assert classes(range_) == ("-1", "0", "1", "2", "3")
    assert unnamed(range_) is range_


def test_the_main_metric_is_the_first_of_its_kind_unless_named():
    assert validate(Task, ROW, where="p").main_metric == "accuracy"
    assert validate(Task, ROW | {"metric": "macro_f1"}, where="p").main_metric == "macro_f1"
    graded = ROW | {"labels": {"kind": "similarity", "low": 0, "high": 5}}
    assert validate(Task, graded, where="p").main_metric == "pearson"


def test_a_short_row_is_completed_from_its_name(tmp_path):
    short = {
        "files": {"train": "a", "dev": "b"},
        "columns": {"text_a": "s", "label": "y"},
        "labels": {"kind": "binary"},
    }
    (task,) = read_tasks(write(tmp_path, mine=short)).values()
    assert (task.title, task.format, task.folder) == ("mine", "tsv", None)
    hand = task.predictions
    assert (hand.file, hand.column) == ("mine-{split}-output.csv", "Predicted_Label")


def test_a_plan_s_tasks_are_still_there(tmp_path):
    other = ROW | {"predictions": {"file": "b-{split}.csv"}}
    tasks = read_tasks(write(tmp_path, a=ROW, b=other))
    assert list(tasks_of_plan(tasks, ["b"], plan=tmp_path)) == ["b"]
    with pytest.raises(InputError, match=r"^plan\.yaml: unknown task 'c' .*dvc repro"):
        tasks_of_plan(tasks, iter(["a", "c"]), plan=Path("plan.yaml"))


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


@pytest.mark.parametrize("name", ["name", "type", "values", "forward"])
def test_a_name_that_torch_or_a_method_has_is_refused(tmp_path, name):
    why = "names a method in {name: word}" if name == "name" else "is a word of torch's"
    with pytest.raises(InputError) as error:
        read_tasks(write(tmp_path, **{name: ROW}))
    told = f"p.yaml: tasks: a task cannot be called '{name}', which {why}; another name will do"
    assert told in str(error.value)
    assert list(read_tasks(write(tmp_path, **{f"{name}_task": ROW}))) == [f"{name}_task"]


def test_all_that_a_module_dict_has_is_reserved():
    from torch.nn import ModuleDict

    # Torch's own: Transformers hangs a method of its own on every module while it loads one.
    words = {word for word in dir(ModuleDict()) if NAME.fullmatch(word)} - {"smart_apply"}
    assert words <= RESERVED


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
