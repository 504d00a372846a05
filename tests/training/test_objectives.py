"""Losses against hand-computed numbers."""

from math import exp, log

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from mtbert.core.errors import InputError
from mtbert.core.registry import build
from mtbert.core.tasks import Binary, Classes, Similarity
from mtbert.training.objectives import OBJECTIVES

NONE = torch.zeros(0)
KINDS = {
    "classes": Classes(kind="classes", count=3),
    "binary": Binary(kind="binary"),
    "similarity": Similarity(kind="similarity", low=0, high=5),
}
LABEL_UNITS = {"name": "squared_error", "unit": "label"}
# Two examples with losses log 2 and log(1 + e^2), weighing 3 and 1.
WEIGHTED = (3 * log(2) + log(1 + exp(2))) / 4


def objective(spec):
    return build(OBJECTIVES, spec, what="objective")


@pytest.mark.parametrize(
    ("spec", "logits", "labels", "bounds", "expected"),
    [
        ("cross_entropy", [[1.0, 0.0, 0.0]], [0.0], (0.0, 2.0), log(exp(1) + 2) - 1),
        ("cross_entropy", [[0.0, 0.0], [0.0, 1.0]], [0.0, 1.0], (0.0, 1.0), 0.5032044),
        ("binary_cross_entropy", [[0.0], [2.0]], [1.0, 0.0], (0.0, 1.0), 1.4100375),
        ("squared_error", [[4.0], [1.0]], [5.0, 3.0], (0.0, 5.0), (0.04 + 0.16) / 2),
        ("squared_error", [[4.0], [1.0]], [5.0, 3.0], (1.0, 6.0), (0.04 + 0.16) / 2),
        (LABEL_UNITS, [[4.0], [1.0]], [5.0, 3.0], (0.0, 5.0), 2.5),
    ],
)
def test_by_hand(spec, logits, labels, bounds, expected):
    loss = objective(spec).build(bounds=bounds, targets=NONE)
    actual = loss(torch.tensor(logits), torch.tensor(labels))
    assert actual.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "logits"),
    [
        ("binary_cross_entropy", [[0.0], [2.0]]),
        ("cross_entropy", [[0.0, 0.0], [0.0, 2.0]]),
    ],
)
def test_weights_by_hand(name, logits):
    # Balanced, three zeros and a one weigh 4/6 and 4/2: as 1 and 3.
    for weights in ([1.0, 3.0], "balanced"):
        targets = torch.tensor([0.0, 0, 0, 1])
        loss = objective({"name": name, "weights": weights}).build(
            bounds=(0.0, 1.0), targets=targets
        )
        actual = loss(torch.tensor(logits), torch.tensor([1.0, 0.0]))
        assert actual.item() == pytest.approx(WEIGHTED, rel=1e-6)


def test_balanced_weights_are_scikit_learn_s():
    targets = torch.tensor([0.0, 0, 0, 0, 1, 2, 2])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=targets.long().numpy())
    balanced = objective({"name": "cross_entropy", "weights": "balanced"})
    actual = balanced.class_weights(targets, 3)
    torch.testing.assert_close(actual, torch.tensor(expected, dtype=torch.float32))


@pytest.mark.parametrize(
    ("spec", "kind", "width", "message"),
    [
        ("cross_entropy", "similarity", 1, "found similarity"),
        ("cross_entropy", "binary", 1, "logits: 2"),
        ("binary_cross_entropy", "classes", 3, "needs labels of kind binary"),
        ("binary_cross_entropy", "binary", 2, "take cross_entropy"),
        ("squared_error", "binary", 1, "needs labels of kind similarity"),
        ({"name": "cross_entropy", "weights": [1.0]}, "classes", 3, "3 numbers above 0"),
    ],
)
def test_what_does_not_fit_is_refused(spec, kind, width, message):
    with pytest.raises(InputError, match=message):
        objective(spec).check(KINDS[kind], width=width)


@pytest.mark.parametrize("weights", [[1.0, 0.0], [1.0, -1.0], [True, 1], [], "even"])
def test_bad_weights_are_refused_in_one_line(weights):
    with pytest.raises(InputError, match="weights"):
        objective({"name": "cross_entropy", "weights": weights})
