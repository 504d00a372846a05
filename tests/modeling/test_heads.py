"""Heads against formulas written out by hand."""

import pytest
import torch
from torch.nn import functional

from mtbert.core.errors import InputError
from mtbert.core.params import validate
from mtbert.core.registry import build
from mtbert.core.tasks import Task
from mtbert.modeling.heads import HEADS
from mtbert.modeling.vectors import FEATURES, PairFeatures

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
    layer = PairFeatures(("cosine", "abs_diff"))
    assert layer.widths(2) == [1, 2]
    expected = torch.tensor([[0.96, 1, 1], [-1, 2, 0]])
    torch.testing.assert_close(layer((U, V)), expected)


def test_cosine_head_by_hand():
    head = build(HEADS, "cosine", what="head").build(size=2, labels=RANGE, paired=True)
    torch.testing.assert_close(head((U, V)), torch.tensor([[4.8], [-5.0]]))
    assert not list(head.parameters())


@pytest.mark.parametrize(
    ("options", "paired", "kind", "inputs"),
    [
        ({}, False, FIVE, U),
        ({}, True, BINARY, torch.cat([U, V, (U - V).abs()], 1)),
        ({"features": ["product", "u"]}, True, RANGE, torch.cat([U * V, U], 1)),
    ],
)
def test_linear_head_by_hand(options, paired, kind, inputs):
    method = build(HEADS, {"name": "linear", **options}, what="head")
    head = method.build(size=2, labels=kind, paired=paired).eval()
    layer = head[-1]
    assert layer.weight.shape == (kind.width, inputs.shape[1])
    expected = functional.linear(inputs, layer.weight, layer.bias)
    torch.testing.assert_close(head((U, V if paired else None)), expected)


def test_dropout_is_the_option_s():
    method = build(HEADS, {"name": "linear", "dropout": 0.4}, what="head")
    assert method.build(size=2, labels=FIVE, paired=False)[1].p == 0.4


HANDS = {
    # c = 0.96 and -1
    "signed": [[4.8], [-5.0]],
    "relu": [[4.8], [0.0]],
    "shifted": [[4.9], [0.0]],
}


@pytest.mark.parametrize("form", HANDS)
def test_cosine_forms_by_hand(form):
    spec = {"name": "cosine", "form": form}
    head = build(HEADS, spec, what="head").build(size=2, labels=RANGE, paired=True)
    torch.testing.assert_close(head((U, V)), torch.tensor(HANDS[form]))


def test_cosine_in_a_range_that_does_not_begin_at_0():
    head = build(HEADS, {"name": "cosine", "form": "shifted"}, what="head").build(
        size=2, labels=labels("similarity", low=1, high=5), paired=True
    )
    torch.testing.assert_close(head((U, V)), torch.tensor([[1 + 4 * 0.98], [1.0]]))


def test_relu_of_a_negative_cosine_teaches_nothing():
    u = U.clone().requires_grad_()
    for form, gradient in (("signed", True), ("relu", False)):
        head = build(HEADS, {"name": "cosine", "form": form}, what="head").build(
            size=2, labels=RANGE, paired=True
        )
        # Not exactly opposed, where every cosine is flat.
        (found,) = torch.autograd.grad(head((u, V + 0.1))[1].sum(), u)
        assert bool(found[1].abs().sum() > 0) == gradient


def test_the_cosine_s_dropout_is_of_each_vector_and_only_in_training():
    torch.manual_seed(0)
    method = build(HEADS, {"name": "cosine", "dropout": 0.5}, what="head")
    head = method.build(size=2, labels=RANGE, paired=True)
    torch.testing.assert_close(head.eval()((U, V)), torch.tensor(HANDS["signed"]))
    ones = torch.ones(200, 64)
    found = head.train()((ones, ones)) / 5
    # Half of u's dimensions meet half of v's: a quarter of them is left in the product.
    assert found.mean().item() == pytest.approx(0.5, abs=0.03)


def test_sigmoid_times_5_by_hand():
    method = build(HEADS, {"name": "linear", "range": "sigmoid"}, what="head")
    head = method.build(size=2, labels=RANGE, paired=False).eval()
    expected = 5 / (1 + torch.exp(-functional.linear(U, head[2].weight, head[2].bias)))
    torch.testing.assert_close(head((U, None)), expected)


def test_two_logits_for_two_classes():
    method = build(HEADS, {"name": "linear", "logits": 2}, what="head")
    head = method.build(size=2, labels=BINARY, paired=True)
    assert head((U, V)).shape == (2, method.width(BINARY)) == (2, 2)


@pytest.mark.parametrize(
    ("activation", "formula"),
    [
        ("relu", functional.relu),
        ("gelu", functional.gelu),
        ("tanh", torch.tanh),
        ("none", lambda x: x),
    ],
)
def test_mlp_by_hand(activation, formula):
    spec = {"name": "mlp", "layers": 2, "hidden_size": 3, "activation": activation}
    head = build(HEADS, spec, what="head").build(size=2, labels=FIVE, paired=True).eval()
    first, second, last = (layer for layer in head if isinstance(layer, torch.nn.Linear))
    assert (first.in_features, second.in_features, last.in_features) == (6, 3, 3)
    inputs = torch.cat([U, V, (U - V).abs()], 1)
    expected = last(formula(second(formula(first(inputs)))))
    torch.testing.assert_close(head((U, V)), expected)


@pytest.mark.parametrize(
    ("spec", "kind", "paired", "message"),
    [
        ("cosine", RANGE, False, "needs two vectors"),
        ("cosine", FIVE, True, "needs labels of kind similarity"),
        ({"name": "linear", "logits": 2}, FIVE, False, "kind binary, found classes"),
        ({"name": "mlp", "range": "sigmoid"}, FIVE, False, "kind similarity, found classes"),
        ({"name": "mlp", "features": ["cosine"]}, FIVE, False, "need encoding: siamese"),
        ({"name": "linear", "features": ["v"]}, FIVE, False, "need encoding: siamese"),
        ({"name": "linear", "features": []}, FIVE, False, "name at least one"),
    ],
)
def test_what_does_not_fit_is_refused(spec, kind, paired, message):
    with pytest.raises(InputError, match=message):
        build(HEADS, spec, what="head").check(labels=kind, paired=paired)


@pytest.mark.parametrize(
    "spec",
    [{"dropout": 1.0}, {"dropout": -0.1}, {"features": ["w"]}, {"layers": 0}, {"logits": 3}],
)
def test_bad_options_are_refused(spec):
    with pytest.raises(InputError):
        build(HEADS, {"name": "mlp", **spec}, what="head")
