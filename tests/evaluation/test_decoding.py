"""Raw outputs become predictions, and files for graders and plots."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mtbert.errors import InputError
from mtbert.evaluation.handin import confusion, handin, handin_path
from mtbert.evaluation.predictions import decode
from mtbert.tasks import Binary, Classes, Hand, Labels, Similarity

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
    assert handin(predicted, CLASSES, "P") == "id \t P \ni0 , 1 \ni1 , 0 \n"
    assert confusion(predicted, CLASSES) == "actual,predicted\n1,1\n0,0\n"


def test_binary_is_positive_above_one_half() -> None:
    table = outputs([[0.0], [np.log(3.0)], [-1000.0]], [None, None, None])
    predicted = decode(table, BINARY, labelled=False, where="x")
    assert predicted.values.tolist() == [0, 1, 0]
    assert predicted.probabilities == pytest.approx([0.5, 0.75, 0.0])
    assert handin(predicted, BINARY, "P") == "id \t P \ni0 , 0.0 \ni1 , 1.0 \ni2 , 0.0 \n"
    assert predicted.table()["label"].null_count == 3
    assert predicted.table().column_names == ["id", "label", "prediction", "probability"]


def test_similarity_is_the_output_itself() -> None:
    predicted = decode(outputs([[5.5], [-0.25]], [5.0, 0.0]), SIMILARITY, labelled=True, where="x")
    assert handin(predicted, SIMILARITY, "P") == "id \t P \ni0 , 5.5 \ni1 , -0.25 \n"
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
    hand = Hand(file="a-{split}.csv", column="P")
    assert handin_path(tmp_path, hand, "dev", task="a") == tmp_path / "a-dev.csv"
    with pytest.raises(InputError, match=r"tasks\.b\.predictions\.file: .*found 'a-{split}\.parq"):
        handin_path(tmp_path, Hand(file="a-{split}.parquet", column="P"), "test", task="b")
