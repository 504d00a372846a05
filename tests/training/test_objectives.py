"""Losses against hand-computed numbers."""

from math import exp, log

import pytest
import torch

from mtbert.training.objectives import OBJECTIVES


@pytest.mark.parametrize(
    ("kind", "logits", "labels", "expected"),
    [
        ("classes", [[1.0, 0.0, 0.0]], [0.0], log(exp(1) + 2) - 1),
        ("binary", [[0.0], [2.0]], [1.0, 0.0], (log(2) + log(1 + exp(2))) / 2),
        ("similarity", [[4.0], [1.0]], [5.0, 3.0], (1 + 4) / 2),
    ],
)
def test_by_hand(kind, logits, labels, expected):
    found = OBJECTIVES[kind](torch.tensor(logits), torch.tensor(labels))
    assert found.item() == pytest.approx(expected, rel=1e-6)
