"""Raw outputs become predictions, and files for graders and plots."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mtbert.core.errors import InputError
from mtbert.core.labels import Binary, Classes, Labels, Similarity
from mtbert.core.tasks import SubmissionFile
from mtbert.evaluation.predictions import confusion, decode, submission, submission_path

CLASSES = Classes(kind="classes", count=3)
BINARY = Binary(kind="binary")
SIMILARITY = Similarity(kind="similarity", low=0.0, high=5.0)


def outputs(rows: list[list[float]], labels: list[float | None]) -> pa.Table:
    return pa.table(
        {
            "id": [f"i{row}" for row in range(len(rows))],
            "label": pa.array(labels, pa.float64()),
            "output": pa.array(rows, pa.list_(pa.float32())),
        }
    )


def test_classes_are_the_largest_logit() -> None:
    logits = [[0.0, np.log(2.0), 0.0], [1000.0, 0.0, 0.0]]
    predicted = decode(outputs(logits, [1.0, 0.0]), CLASSES, labelled=True, where="x")
    assert predicted.values.tolist() == [1, 0]
    assert predicted.probabilities == pytest.approx(np.array([[0.25, 0.5, 0.25], [1, 0, 0]]))
    assert submission(predicted, CLASSES, "P") == "id \t P \ni0 , 1 \ni1 , 0 \n"
    assert confusion(predicted, CLASSES) == "actual,predicted\n1,1\n0,0\n"


def test_binary_is_positive_above_one_half() -> None:
    table = outputs([[0.0], [np.log(3.0)], [-1000.0]], [None, None, None])
    predicted = decode(table, BINARY, labelled=False, where="x")
    assert predicted.values.tolist() == [0, 1, 0]
    assert predicted.probabilities == pytest.approx([0.5, 0.75, 0.0])
    assert submission(predicted, BINARY, "P") == "id \t P \ni0 , 0.0 \ni1 , 1.0 \ni2 , 0.0 \n"
    assert predicted.table()["label"].null_count == 3
    assert predicted.table().column_names == ["id", "label", "prediction", "probability"]


def test_a_binary_head_may_give_two_logits() -> None:
    one = outputs([[0.0], [np.log(3.0)], [-1000.0]], [1, 1, 0])
    two = outputs([[7.0, 7.0], [0.0, np.log(3.0)], [500.0, -500.0]], [1, 1, 0])
    single, double = (decode(t, BINARY, labelled=True, where="x") for t in (one, two))
    assert double.values.tolist() == single.values.tolist() == [0, 1, 0]
    assert double.probabilities == pytest.approx(single.probabilities)
    assert double.probabilities is not None
    assert double.probabilities.shape == (3,)


def test_names_are_written_back() -> None:
    named = Classes(kind="classes", count=3, names=("bad", "so, so", "good"))
    table = outputs([[0, 1, 0], [1, 0, 0]], [2.0, 0.0])
    predicted = decode(table, named, labelled=True, where="x")
    assert submission(predicted, named, "P") == "id \t P \ni0 , so, so \ni1 , bad \n"
    assert confusion(predicted, named) == 'actual,predicted\ngood,"so, so"\nbad,bad\n'
    two = Binary(kind="binary", names=("no", "yes"))
    predicted = decode(outputs([[1.0]], [0.0]), two, labelled=True, where="x")
    assert submission(predicted, two, "P") == "id \t P \ni0 , yes \n"
    assert confusion(predicted, two) == "actual,predicted\nno,yes\n"


def test_similarity_is_the_output_itself() -> None:
    predicted = decode(outputs([[5.5], [-0.25]], [5.0, 0.0]), SIMILARITY, labelled=True, where="x")
    assert submission(predicted, SIMILARITY, "P") == "id \t P \ni0 , 5.5 \ni1 , -0.25 \n"
    # 5.5 and −0.25 are clipped to 5 and 0.
    assert confusion(predicted, SIMILARITY) == "actual,predicted\n5,5\n0,0\n"
    assert predicted.table().column_names == ["id", "label", "prediction"]


def test_a_similarity_is_confused_in_whole_labels_halves_up() -> None:
    table = outputs([[2.5], [3.49], [-0.5]], [0.5, 1.49, -1.0])
    labels = Similarity(kind="similarity", low=-1.0, high=3.2)
    predicted = decode(table, labels, labelled=True, where="x")
    assert confusion(predicted, labels) == "actual,predicted\n1,3\n1,3\n-1,0\n"


@pytest.mark.parametrize("column", ["id", "label", "output"])
def test_a_missing_column_is_named(column: str) -> None:
    table = outputs([[0.0]], [1.0]).drop_columns(column)
    with pytest.raises(InputError, match=f"dev.parquet: no column '{column}'.*dvc repro"):
        decode(table, BINARY, labelled=True, where="dev.parquet")


@pytest.mark.parametrize(
    ("rows", "label", "kind", "message"),
    [
        ([[0.0, 1.0]], 0.0, CLASSES, "row 0: the task's labels ask for 3 outputs.*found 2"),
        (
            [[0.0, 1.0, 2.0]],
            0.0,
            BINARY,
            "row 0: the task's labels ask for 1 or 2 outputs.*found 3",
        ),
        ([[0.0, 1.0]], 0.0, SIMILARITY, "row 0: the task's labels ask for 1 outputs.*found 2"),
        ([[float("nan")]], 0.0, BINARY, r"row 0: outputs must be finite numbers, found \[nan\]"),
        ([[0.0]], None, BINARY, "row 0: a label is required"),
    ],
)
def test_unusable_outputs_are_named(
    rows: list[list[float]], label: float | None, kind: Labels, message: str
) -> None:
    with pytest.raises(InputError, match=f"dev.parquet: {message}"):
        decode(outputs(rows, [label]), kind, labelled=True, where="dev.parquet")


def test_a_handin_file_is_not_mistaken_for_a_table(tmp_path: Path) -> None:
    hand = SubmissionFile(file="a-{split}.csv", column="P")
    assert submission_path(tmp_path, hand, "dev", task="a") == tmp_path / "a-dev.csv"
    with pytest.raises(InputError, match=r"tasks\.b\.predictions\.file: .*found 'a-{split}\.parq"):
        submission_path(
            tmp_path, SubmissionFile(file="a-{split}.parquet", column="P"), "test", task="b"
        )
