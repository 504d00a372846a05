"""Kinds of labels, and metrics for them."""

import pytest

from mtbert.core.errors import InputError
from mtbert.scaffold.labels import guess_labels, guess_metric


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["0", "1", "1.0", "0"], {"kind": "binary"}),
        (["True", "False"] * 2, {"kind": "binary", "names": ["False", "True"]}),
        (["yes", "no"] * 2, {"kind": "binary", "names": ["no", "yes"]}),
        (["1", "2"] * 2, {"kind": "binary", "names": ["1", "2"]}),
        (["0", "1", "2"] * 2, {"kind": "classes", "count": 3}),
        (["10", "9", "-1"] * 2, {"kind": "classes", "names": ["-1", "9", "10"]}),
        (["b", "a", "c"] * 2, {"kind": "classes", "names": ["a", "b", "c"]}),
        (["0.4", "4.6"], {"kind": "similarity", "low": 0, "high": 5}),
        ([str(n) for n in range(21)], {"kind": "similarity", "low": 0, "high": 20}),
    ],
)
def test_values_say_the_kind(values, expected):
    assert guess_labels(values, "label", where="f") == expected


def test_a_score_is_a_range():
    expected = {"kind": "similarity", "low": 0, "high": 5}
    assert guess_labels(["0", "3", "5"], "score", where="f") == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", "a"], "expected at least two labels, found 'a' alone"),
        (["1", "1.0"], "expected at least two labels"),
        (["a", "b", "c"], "3 labels in 3 rows"),
        ([f"c{n % 1001}" for n in range(4004)], "1,001 labels in 4,004 rows; expected at most 1,0"),
        (["1", "nan", "inf"], "3 labels in 3 rows"),
    ],
)
def test_what_cannot_be_labels_is_named(values, message):
    with pytest.raises(InputError, match=f"^f: column 'label': {message}"):
        guess_labels(values, "label", where="f")


def test_rare_classes_get_a_metric_that_sees_them():
    three, two = {"kind": "classes", "count": 3}, {"kind": "binary"}
    assert guess_metric(three, ["0"] * 4 + ["1"] * 4 + ["2"] * 2) is None  # 2 ≥ 10 / 3 / 2
    assert guess_metric(three, ["0"] * 5 + ["1"] * 4 + ["2"]) == "macro_f1"
    assert guess_metric(two, ["0"] * 3 + ["1"]) is None
    assert guess_metric(two, ["0"] * 9 + ["1"]) == "matthews"
