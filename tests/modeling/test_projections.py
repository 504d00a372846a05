"""Learned layers between the pooling and the head."""

import pytest
import torch
from torch import nn

from mtbert.core.errors import InputError
from mtbert.core.registry import build
from mtbert.modeling.projections import PROJECTIONS

X = torch.tensor([[1.0, -2.0], [0.5, 3.0]])


def layers(**options):
    return build(PROJECTIONS, {"name": "layers", **options}, what="projection")


def test_none_is_the_vector_itself():
    method = build(PROJECTIONS, "none", what="projection")
    assert method.size(2) == 2
    assert method.build(2)(X) is X


@pytest.mark.parametrize(
    ("options", "end"),
    [({"width": 3}, torch.relu), ({"width": 3, "end_activated": False}, lambda x: x)],
)
def test_layers_by_hand(options, end):
    method = layers(layers=2, **options)
    module = method.build(2).eval()
    first, second = (layer for layer in module if isinstance(layer, nn.Linear))
    torch.testing.assert_close(module(X), end(second(first(X).relu())))
    assert method.size(2) == module(X).shape[1] == 3


def test_dropout_is_the_option_s():
    module = layers(layers=2, dropout=0.4, input_dropout=0.2).build(2)
    assert [layer.p for layer in module if isinstance(layer, nn.Dropout)] == [0.2, 0.4, 0.4]


@pytest.mark.parametrize(
    "option",
    [
        {"layers": -1},
        {"layers": 0, "width": 3},
        {"width": 0},
        {"activation": "swish"},
        {"layers": 0, "dropout": 0.5},
        {"layers": 0, "activation": "tanh"},
    ],
)
def test_bad_options_are_refused(option):
    with pytest.raises(InputError):
        layers(**option)


def test_no_layers_leave_dropout_alone():
    method = layers(layers=0, input_dropout=0.5)
    module = method.build(2)
    assert (method.size(2), method.learns) == (2, False)
    assert torch.equal(module.eval()(X), X)
    assert not torch.equal(module.train()(torch.ones(64, 2)), torch.ones(64, 2))
