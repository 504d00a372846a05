"""A task's entry is checked whole."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mtbert.core.errors import InputError
from mtbert.core.labels import classes
from mtbert.core.params import validate
from mtbert.core.tasks import NAME, RESERVED, Task, read_tasks, tasks_of_plan

ROW = {
    "files": {"train": "a", "dev": "b"},
    "columns": {"id": "id", "text_a": "s", "label": "y"},
    "labels": {"kind": "classes", "count": 5},
}
TITLED = ROW | {"title": "t", "predictions": {"file": "{split}.csv", "column": "P"}}


def read(folder, **rows):
    YAML().dump({"tasks": rows}, folder / "p.yaml")
    return read_tasks(folder / "p.yaml")


def labels_of(**labels):
    return validate(Task, TITLED | {"labels": labels}).labels


@pytest.mark.parametrize(
    ("labels", "width", "bounds", "names"),
    [
        ({"kind": "classes", "count": 3}, 3, (0.0, 2.0), ("0", "1", "2")),
        ({"kind": "classes", "names": ["a", "b", "c"]}, 3, (0.0, 2.0), ("a", "b", "c")),
        ({"kind": "binary"}, 1, (0.0, 1.0), ("0", "1")),
        ({"kind": "binary", "names": ["no", "yes"]}, 1, (0.0, 1.0), ("no", "yes")),
        # The classes of a range are whole labels, halves up.
        ({"kind": "similarity", "low": -0.6, "high": 2.5}, 1, (-0.6, 2.5), ("-1", *"0123")),
    ],
)
def test_kinds_of_labels(labels, width, bounds, names):
    labels = labels_of(**labels)
    assert (labels.width, labels.bounds, classes(labels)) == (width, bounds, names)


def test_names_may_be_counted_or_left_out():
    three = labels_of(kind="classes", names=["a", "b", "c"])
    assert labels_of(kind="classes", names=["a", "b", "c"], count=3) == three


def labels(told, kind="classes", **row):
    return {"labels": {"kind": kind, **row}}, f"labels{told}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        labels(".kind: unknown kind 'clases'; did you mean 'classes'?", kind="clases"),
        labels(": unknown key 'cuont'; did you mean 'count'?", cuont=5),
        labels(".count: required, but not given"),
        labels(".count: input should be greater than or equal to 2, found 1", names=["a"]),
        labels(": count is 3, but there are 2 names", names=["a", "b"], count=3),
        labels(".names: each name once, found ['a', 'a']", names=["a", "a"]),
        labels(".names: a name is printable text without spaces", names=["a", " b"]),
        labels('.names: names are text, quote each: ["0", "1", …]; found 2 ', names=["a", 2]),
        labels(".names: names are text, quote each: ", kind="binary", names=[0, 1]),
        labels(".names: value should have at most 2 items", kind="binary", names=["a", "b", "c"]),
        labels(": low must be below high, found 5.0 and 0.0", kind="similarity", low=5, high=0),
        ({"files": {"train": "a"}}, "files: a task needs train and dev files, missing: dev"),
        (
            {"files": {"train": "a", "dev": "b", "tset": "c"}},
            "files: unknown key 'tset'; did you mean 'test'?",
        ),
        ({"files": {"train": "a", "dev": "a"}}, "files: each split needs a file of its own"),
        (
            {"files": {"train": "a", "dev": "x/b"}},
            "files: plain file names, their folder stands in `folder`; found x/b",
        ),
        *(
            (
                {"predictions": {"file": file, "column": "P"}},
                "predictions.file: must be a file name with {split} in it, without "
                f"folders and other braces, found {file!r}",
            )
            for file in ("p.csv", "a/{split}.csv", "{split}-{task}.csv", "a\\{split}")
        ),
        ({"format": "paquet"}, "format: unknown format 'paquet'; did you mean 'parquet'"),
        (
            {"columns": {"text_a": "s", "text_b": "t", "label": "s"}},
            "columns: each key needs a column of its own, found {'text_a': 's', 'text_b': 't', ",
        ),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(change, message):
    with pytest.raises(InputError) as error:
        validate(Task, {**TITLED, **change}, where="p.yaml: tasks.sst")
    assert f"p.yaml: tasks.sst.{message}" in str(error.value)


@pytest.mark.parametrize(
    ("change", "metric", "paired"),
    [
        ({}, "accuracy", False),
        ({"metric": "macro_f1"}, "macro_f1", False),
        ({"labels": {"kind": "similarity", "low": 0, "high": 5}}, "pearson", False),
        ({"columns": {"text_a": "s", "text_b": "t", "label": "y"}}, "accuracy", True),
    ],
)
def test_the_main_metric_and_pairs(change, metric, paired):
    task = validate(Task, TITLED | change)
    assert (task.main_metric, task.paired) == (metric, paired)


def test_a_short_entry_is_completed_from_its_name(tmp_path):
    tasks = read(tmp_path, a_1=ROW, b=ROW)
    assert list(tasks) == ["a_1", "b"]
    assert (tasks["b"].title, tasks["b"].format, tasks["b"].folder) == ("b", "tsv", None)
    file = tasks["b"].predictions
    assert (file.file, file.column) == ("b-{split}-output.csv", "Predicted_Label")


def test_a_plan_names_tasks_that_exist(tmp_path):
    tasks = read(tmp_path, a=ROW, b=ROW)
    assert list(tasks_of_plan(tasks, ["b"], plan=tmp_path)) == ["b"]
    with pytest.raises(InputError, match=r"^plan\.yaml: unknown task 'c' .*dvc repro"):
        tasks_of_plan(tasks, ["a", "c"], plan=Path("plan.yaml"))


@pytest.mark.parametrize("name", ["overall", "SST", "1st", "_a", "a-b", "a/b", "a b", "ä", ""])
def test_a_name_that_is_no_word_is_refused(tmp_path, name):
    with pytest.raises(InputError, match=rf"p\.yaml: tasks: a name is .* found '{name}'"):
        read(tmp_path, **{name: ROW})


@pytest.mark.parametrize("name", ["name", "type", "forward"])
def test_a_name_that_torch_or_a_method_uses_is_refused(tmp_path, name):
    with pytest.raises(InputError, match=f"a task cannot be called '{name}', which torch or"):
        read(tmp_path, **{name: ROW})
    assert list(read(tmp_path, **{f"{name}_task": ROW})) == [f"{name}_task"]


def test_all_attributes_of_a_module_dict_are_reserved():
    from torch.nn import ModuleDict

    # Transformers adds smart_apply to every module while it loads one.
    words = {word for word in dir(ModuleDict()) if NAME.fullmatch(word)} - {"smart_apply"}
    assert words <= RESERVED


def test_two_tasks_need_different_submission_files(tmp_path):
    message = r"p\.yaml: tasks\.b\.predictions\.file: train\.csv is tasks\.a's already"
    with pytest.raises(InputError, match=message):
        read(tmp_path, a=TITLED, b=TITLED)
