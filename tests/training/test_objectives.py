"""Losses against hand-computed numbers."""

from math import exp, log

import pytest
import torch

from mtbert.registry import build
from mtbert.training.objectives import OBJECTIVES


@pytest.mark.parametrize(
    ("spec", "logits", "labels", "bounds", "expected"),
    [
        ("cross_entropy", [[1.0, 0.0, 0.0]], [0.0], (0.0, 2.0), log(exp(1) + 2) - 1),
        ("binary_cross_entropy", [[0.0], [2.0]], [1.0, 0.0], (0.0, 1.0), 1.4100375),
        ("squared_error", [[4.0], [1.0]], [5.0, 3.0], (0.0, 5.0), (0.04 + 0.16) / 2),
        ("squared_error", [[4.0], [1.0]], [5.0, 3.0], (1.0, 6.0), (0.04 + 0.16) / 2),
        ({"name": "squared_error", "unit": "label"}, [[4.0], [1.0]], [5.0, 3.0], (0.0, 5.0), 2.5),
    ],
)
def test_by_hand(spec, logits, labels, bounds, expected):
    objective = build(OBJECTIVES, spec, what="objective")
    found = objective.loss(torch.tensor(logits), torch.tensor(labels), bounds)
    assert found.item() == pytest.approx(expected, rel=1e-6)
