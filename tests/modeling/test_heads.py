"""Heads against formulas written out by hand."""

import pytest
import torch
from torch.nn import functional

from mtbert.errors import InputError
from mtbert.modeling.heads import HEADS
from mtbert.modeling.vectors import FEATURES, Features
from mtbert.params import validate
from mtbert.registry import build
from mtbert.tasks import Task

U = torch.tensor([[3.0, 4.0], [1.0, 0.0]])
V = torch.tensor([[4.0, 3.0], [-1.0, 0.0]])


def labels(kind, **more):
    row = {
        "title": "t",
        "files": {"train": "a", "dev": "b"},
        "columns": {"id": "id", "text_a": "s", "label": "y"},
        "labels": {"kind": kind, **more},
        "predictions": {"file": "{split}", "column": "c"},
    }
    return validate(Task, row, where="p").labels


BINARY, FIVE = labels("binary"), labels("classes", count=5)
RANGE = labels("similarity", low=0, high=5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("u", [[3, 4], [1, 0]]),
        ("v", [[4, 3], [-1, 0]]),
        ("abs_diff", [[1, 1], [2, 0]]),
        ("product", [[12, 12], [-1, 0]]),
        ("cosine", [[0.96], [-1.0]]),
    ],
)
def test_features(name, expected):
    torch.testing.assert_close(FEATURES[name](U, V), torch.tensor(expected, dtype=torch.float32))


def test_features_stand_side_by_side_in_the_order_named():
    layer = Features(("cosine", "abs_diff"))
    assert layer.size(2) == 3
    expected = torch.tensor([[0.96, 1, 1], [-1, 2, 0]])
    torch.testing.assert_close(layer((U, V)), expected)


def test_cosine_head_by_hand():
    head = build(HEADS, "cosine", what="head").build(hidden_size=2, labels=RANGE, paired=True)
    torch.testing.assert_close(head((U, V)), torch.tensor([[4.8], [-5.0]]))
    assert not list(head.parameters())


@pytest.mark.parametrize(
    ("knobs", "paired", "kind", "inputs"),
    [
        ({}, False, FIVE, U),
        ({}, True, BINARY, torch.cat([U, V, (U - V).abs()], 1)),
        ({"features": ["product", "u"]}, True, RANGE, torch.cat([U * V, U], 1)),
    ],
)
def test_linear_head_by_hand(knobs, paired, kind, inputs):
    method = build(HEADS, {"name": "linear", **knobs}, what="head")
    head = method.build(hidden_size=2, labels=kind, paired=paired).eval()
    layer = head[-1]
    assert layer.weight.shape == (kind.width, inputs.shape[1])
    expected = functional.linear(inputs, layer.weight, layer.bias)
    torch.testing.assert_close(head((U, V if paired else None)), expected)


def test_dropout_is_the_knob_s():
    method = build(HEADS, {"name": "linear", "dropout": 0.4}, what="head")
    assert method.build(hidden_size=2, labels=FIVE, paired=False)[1].p == 0.4


@pytest.mark.parametrize(
    ("spec", "kind", "paired", "told"),
    [
        ("cosine", RANGE, False, "needs two vectors"),
        ("cosine", FIVE, True, "needs labels of kind similarity"),
        ("cosine", labels("similarity", low=1, high=5), True, "low: 0"),
        ({"name": "linear", "features": ["v"]}, FIVE, False, "need encoding: siamese"),
        ({"name": "linear", "features": []}, FIVE, False, "name at least one"),
    ],
)
def test_what_does_not_fit_is_refused(spec, kind, paired, told):
    with pytest.raises(InputError, match=told):
        build(HEADS, spec, what="head").check(labels=kind, paired=paired)


@pytest.mark.parametrize("spec", [{"dropout": 1.0}, {"dropout": -0.1}, {"features": ["w"]}])
def test_bad_knobs_are_refused(spec):
    with pytest.raises(InputError):
        build(HEADS, {"name": "linear", **spec}, what="head")
