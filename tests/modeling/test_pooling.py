"""Poolings by hand; padding and neighbours change nothing."""

import pytest
import torch

from mtbert.modeling.pooling import POOLINGS

# Two sequences of 2 and 3 tokens, padding between and after them.
HIDDEN = torch.tensor([[1.0, 0], [3, 2], [99, 99], [4, 4], [5, 5], [9, 0], [77, 77]])
SEQUENCE = torch.tensor([0, 0, 2, 1, 1, 1, 2])
STARTS = torch.tensor([0, 3])


@pytest.mark.parametrize(
    ("name", "expected"), [("mean", [[2, 1], [6, 3]]), ("cls", [[1, 0], [4, 4]])]
)
def test_by_hand(name, expected):
    found = POOLINGS[name]().pool(HIDDEN, SEQUENCE, STARTS)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float32))


@pytest.mark.parametrize("name", POOLINGS)
def test_padding_and_neighbours_get_no_gradient(name):
    hidden = HIDDEN.clone().requires_grad_()
    POOLINGS[name]().pool(hidden, SEQUENCE, STARTS)[1].sum().backward()
    assert hidden.grad[SEQUENCE != 1].abs().max() == 0
