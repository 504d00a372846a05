"""Raw outputs become predictions, and files for graders and plots."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mtbert.core.errors import InputError
from mtbert.core.labels import Binary, Classes, Similarity
from mtbert.core.tasks import SubmissionFile
from mtbert.evaluation.predictions import (
    Predictions,
    confusion,
    decode,
    submission,
    submission_path,
)

CLASSES = Classes(kind="classes", count=3)
BINARY = Binary(kind="binary")
SIMILARITY = Similarity(kind="similarity", low=0.0, high=5.0)


def outputs(rows, labels):
    return pa.table(
        {
            "id": [f"i{row}" for row in range(len(rows))],
            "label": pa.array(labels, pa.float64()),
            "output": pa.array(rows, pa.list_(pa.float32())),
        }
    )


def decoded(kind, rows, labels):
    predicted = decode(outputs(rows, labels), kind, labelled=True, where="x")
    return predicted, submission(predicted, kind, "P"), confusion(predicted, kind)


def test_classes_are_the_largest_logit():
    logits = [[0.0, np.log(2.0), 0.0], [1000.0, 0.0, 0.0]]
    predicted, submitted, confused = decoded(CLASSES, logits, [1.0, 0.0])
    assert predicted.values.tolist() == [1, 0]
    assert predicted.probabilities == pytest.approx(np.array([[0.25, 0.5, 0.25], [1, 0, 0]]))
    assert submitted == "id \t P \ni0 , 1 \ni1 , 0 \n"
    assert confused == "actual,predicted\n1,1\n0,0\n"


@pytest.mark.parametrize(
    "logits",
    [
        [[0.0], [np.log(3.0)], [-1000.0]],
        [[7.0, 7.0], [0.0, np.log(3.0)], [500.0, -500.0]],  # a binary head may give two logits
    ],
)
def test_binary_is_positive_above_one_half(logits):
    predicted = decode(outputs(logits, [None] * 3), BINARY, labelled=False, where="x")
    assert predicted.values.tolist() == [0, 1, 0]
    assert predicted.probabilities == pytest.approx(np.array([0.5, 0.75, 0.0]))
    assert submission(predicted, BINARY, "P") == "id \t P \ni0 , 0.0 \ni1 , 1.0 \ni2 , 0.0 \n"
    assert predicted.table()["label"].null_count == 3
    assert predicted.table().column_names == ["id", "label", "prediction", "probability"]


def test_names_are_written_back():
    named = Classes(kind="classes", count=3, names=("bad", "so, so", "good"))
    _, submitted, confused = decoded(named, [[0, 1, 0], [1, 0, 0]], [2.0, 0.0])
    assert submitted == "id \t P \ni0 , so, so \ni1 , bad \n"
    assert confused == 'actual,predicted\ngood,"so, so"\nbad,bad\n'
    _, submitted, confused = decoded(Binary(kind="binary", names=("no", "yes")), [[1.0]], [0.0])
    assert submitted == "id \t P \ni0 , yes \n"
    assert confused == "actual,predicted\nno,yes\n"


def test_similarity_is_the_output_itself():
    predicted, submitted, confused = decoded(SIMILARITY, [[5.5], [-0.25]], [5.0, 0.0])
    assert submitted == "id \t P \ni0 , 5.5 \ni1 , -0.25 \n"
    assert confused == "actual,predicted\n5,5\n0,0\n"  # clipped
    assert predicted.table().column_names == ["id", "label", "prediction"]


def test_classes_of_a_similarity_are_whole_labels_halves_up():
    labels = Similarity(kind="similarity", low=-1.0, high=3.2)
    confused = decoded(labels, [[2.5], [3.49], [-0.5]], [0.5, 1.49, -1.0])[2]
    assert confused == "actual,predicted\n1,3\n1,3\n-1,0\n"


def test_classes_of_a_wide_range_are_its_parts():
    labels = Similarity(kind="similarity", low=0.0, high=100000.0)
    confused = decoded(labels, [[25000.0], [-7.0]], [9999.0, 100000.0])[2]
    assert confused.splitlines()[1:] == ["0 to 10000,20000 to 30000", "90000 to 100000,0 to 10000"]


@pytest.mark.parametrize("column", ["id", "label", "output"])
def test_a_missing_column_is_named(column):
    table = outputs([[0.0]], [1.0]).drop_columns(column)
    with pytest.raises(InputError, match=f"dev.parquet: no column '{column}'.*dvc repro"):
        decode(table, BINARY, labelled=True, where="dev.parquet")


@pytest.mark.parametrize(
    ("row", "label", "kind", "message"),
    [
        ([0.0, 1.0], 0.0, CLASSES, "the task's labels ask for 3 outputs.*found 2"),
        ([0.0, 1.0, 2.0], 0.0, BINARY, "the task's labels ask for 1 or 2 outputs.*found 3"),
        ([0.0, 1.0], 0.0, SIMILARITY, "the task's labels ask for 1 outputs.*found 2"),
        ([float("nan")], 0.0, BINARY, r"outputs must be finite numbers, found \[nan\]"),
        ([0.0], None, BINARY, "a label is required"),
    ],
)
def test_unusable_outputs_are_refused(row, label, kind, message):
    with pytest.raises(InputError, match=f"dev.parquet: row 0: {message}"):
        decode(outputs([row], [label]), kind, labelled=True, where="dev.parquet")


def test_a_submission_file_is_no_table():
    table, text = (SubmissionFile(file=f"a-{{split}}.{end}") for end in ("parquet", "csv"))
    assert submission_path(Path("x"), text, "dev", task="a") == Path("x/a-dev.csv")
    with pytest.raises(InputError, match=r"tasks\.b\.predictions\.file: .*found 'a-{split}\.parq"):
        submission_path(Path("x"), table, "test", task="b")


@pytest.mark.parametrize("name", ["@user1", "=1+1", 'say "so"', "-2.5", "dev-1"])
def test_an_id_is_written_as_it_is(name):
    predicted = Predictions([name], np.array([np.nan]), np.array([1]), np.array([0.9]))
    assert submission(predicted, BINARY, "P") == f"id \t P \n{name} , 1.0 \n"
