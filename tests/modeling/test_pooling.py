"""Poolings by hand; padding and neighbours change nothing."""

import pytest
import torch

from mtbert.modeling.pooling import POOLINGS

# Two sequences of 2 and 3 tokens, padding between and after them.
HIDDEN = torch.tensor([[1.0, 0], [3, 2], [99, 99], [4, -4], [5, -5], [9, -3], [77, 77]])
SEQUENCE = torch.tensor([0, 0, 2, 1, 1, 1, 2])
STARTS = torch.tensor([0, 3])


def twice(vectors):
    return 2 * vectors


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mean", [[2, 1], [6, -4]]),
        ("max", [[3, 2], [9, -3]]),
        ("max_mean", [[3, 2, 2, 1], [9, -3, 6, -4]]),
        ("cls", [[1, 0], [4, -4]]),
        ("pooler", [[2, 0], [8, -8]]),
    ],
)
def test_by_hand(name, expected):
    pooling = POOLINGS[name]()
    actual = pooling.pool(HIDDEN, SEQUENCE, STARTS, twice)
    torch.testing.assert_close(actual, torch.tensor(expected, dtype=torch.float32))
    assert actual.shape[1] == pooling.size(2)


@pytest.mark.parametrize("name", POOLINGS)
def test_padding_and_neighbours_get_no_gradient(name):
    hidden = HIDDEN.clone().requires_grad_()
    POOLINGS[name]().pool(hidden, SEQUENCE, STARTS, twice)[1].sum().backward()
    assert hidden.grad[SEQUENCE != 1].abs().max() == 0
    assert hidden.grad[SEQUENCE == 1].abs().max() > 0
