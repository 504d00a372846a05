"""The loop's own scores equal scikit-learn's and SciPy's."""

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score

from mtbert.training.score import SCORES, accuracy, pearson

RANDOM = np.random.default_rng(0)


def test_accuracy_of_classes_and_of_one_logit():
    logits, labels = RANDOM.normal(size=(50, 5)), RANDOM.integers(0, 5, 50)
    assert accuracy(logits, labels) == accuracy_score(labels, logits.argmax(1))
    assert accuracy(np.array([[-1.0], [0.5], [2.0]]), np.array([0, 0, 1])) == pytest.approx(2 / 3)


def test_pearson():
    outputs, labels = RANDOM.normal(size=(50, 1)), RANDOM.normal(size=50)
    assert pearson(outputs, labels) == pytest.approx(pearsonr(outputs[:, 0], labels)[0])
    assert pearson(np.ones((50, 1)), labels) == 0.0


def test_every_kind_of_labels_has_one():
    assert set(SCORES) == {"classes", "binary", "similarity"}
