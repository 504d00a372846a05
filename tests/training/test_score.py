"""The loop's own scores equal those of `evaluate`, and so scikit-learn's and SciPy's."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score

from mtbert.core.labels import METRICS, Binary, Classes, Similarity
from mtbert.evaluation.metrics import score
from mtbert.evaluation.predictions import decode
from mtbert.training.score import SCORES, accuracy, pearson, spearman

RANDOM = np.random.default_rng(0)


def test_accuracy_of_classes_and_of_one_logit():
    logits, labels = RANDOM.normal(size=(50, 5)), RANDOM.integers(0, 5, 50)
    assert accuracy(logits, labels) == accuracy_score(labels, logits.argmax(1))
    assert accuracy(np.array([[-1.0], [0.5], [2.0]]), np.array([0, 0, 1])) == pytest.approx(2 / 3)


def test_pearson():
    outputs, labels = RANDOM.normal(size=(50, 1)), RANDOM.normal(size=50)
    assert pearson(outputs, labels) == pytest.approx(pearsonr(outputs[:, 0], labels)[0])


def test_a_constant_scores_nothing():
    same, labels = np.ones((50, 1)), RANDOM.integers(0, 2, 50).astype(float)
    assert pearson(same, labels) == spearman(same, labels) == 0.0
    assert SCORES["matthews"](same, labels) == SCORES["f1"](-same, labels) == 0.0


@pytest.mark.parametrize(
    ("labels", "width"),
    [
        (Classes(kind="classes", count=4), 4),
        (Binary(kind="binary"), 1),
        (Binary(kind="binary"), 2),
        (Similarity(kind="similarity", low=0.0, high=5.0), 1),
    ],
)
def test_every_main_metric_agrees_with_evaluate(labels, width):
    low, high = labels.bounds
    actual = RANDOM.integers(low, high + 1, 80).astype(float)
    outputs = RANDOM.normal(size=(80, width)).astype(np.float32)
    outputs[:, -1] += 0.5 * actual
    columns = {"id": [str(i) for i in range(80)], "label": actual, "output": list(outputs)}
    predicted = decode(pa.table(columns), labels, labelled=True, where="x").values
    expected = score(labels, actual, predicted)
    for metric in METRICS[labels.kind]:
        assert SCORES[metric](outputs, actual) == pytest.approx(expected[metric], abs=1e-6)
        assert 0 < expected[metric] < 1


def test_every_main_metric_has_one():
    assert set(SCORES) == {metric for metrics in METRICS.values() for metric in metrics}
