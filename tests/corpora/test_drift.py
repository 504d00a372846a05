"""How far dev and test are from train, by hand."""

from mtbert.core.labels import Binary, Similarity
from mtbert.corpora.drift import drift

BINARY = Binary(kind="binary")
TRAIN = [{"text_a": f"w{n} x", "label": n % 2} for n in range(10)]


def test_every_number_by_hand():
    dev = [
        {"text_a": "W0  X", "label": 1},  # a row of train
        {"text_a": "x x x x", "label": 1},
        {"text_a": "y, y!", "label": 1},
        {"text_a": "w1 z", "label": 0},
    ]
    assert drift({"train": TRAIN, "dev": dev}, BINARY)["dev"] == {
        "lengths": 0.25,  # one text of four is longer than all of train
        "labels": 0.25,  # three quarters, not half, have label 1
        "unknown_words": 0.3,  # y, y and z of ten
        "unknown_words_within_train": 0.5,  # w0 and w5 of the four of rows 0 and 5
        "rows_of_train": 0.25,
        "notable": ["rows of train"],  # of so few rows, all else may be chance
    }


def test_what_is_notable_is_named():
    other = [{"text_a": "c c c", "text_b": "c", "label": 1}] * 100
    found = drift({"train": TRAIN * 20, "dev": other, "test": TRAIN * 20}, BINARY)
    assert found["dev"]["notable"] == ["lengths", "labels", "unknown words"]
    assert found["test"]["notable"] == ["rows of train"]
    assert (found["dev"]["lengths"], found["dev"]["labels"]) == (0.5, 0.5)


def test_a_range_has_a_distance_and_a_split_without_labels_none():
    labels = Similarity(kind="similarity", low=0, high=5)
    train = [{"text_a": "x", "label": label} for label in (0, 1, 4, 5)]
    found = drift({"train": train, "dev": train[2:], "test": [{"text_a": "x"}]}, labels)
    assert found["dev"]["labels"] == 0.5
    assert found["test"]["labels"] is None
