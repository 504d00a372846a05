"""Heads against formulas written out by hand."""

import pytest
import torch
from torch.nn import functional

from mtbert.core.errors import InputError
from mtbert.core.registry import build
from mtbert.core.tasks import Binary, Classes, Similarity
from mtbert.modeling.heads import HEADS
from mtbert.modeling.vectors import FEATURES, PairFeatures

U = torch.tensor([[3.0, 4.0], [1.0, 0.0]])
V = torch.tensor([[4.0, 3.0], [-1.0, 0.0]])


BINARY, FIVE = Binary(kind="binary"), Classes(kind="classes", count=5)
RANGE = Similarity(kind="similarity", low=0, high=5)
YEARS = Similarity(kind="similarity", low=1900, high=2020)


def head_of(name, *, labels, paired=True, **options):
    method = build(HEADS, {"name": name, **options}, what="head")
    return method.build(size=2, labels=labels, paired=paired).eval()


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
    torch.testing.assert_close(layer((U, V)), torch.tensor([[0.96, 1, 1], [-1, 2, 0]]))


@pytest.mark.parametrize(
    ("options", "paired", "kind", "inputs"),
    [
        ({}, False, FIVE, U),
        ({}, True, BINARY, torch.cat([U, V, (U - V).abs()], 1)),
        ({"features": ["product", "u"]}, True, RANGE, torch.cat([U * V, U], 1)),
    ],
)
def test_linear_head_by_hand(options, paired, kind, inputs):
    head = head_of("linear", labels=kind, paired=paired, **options)
    layer = head[-1]
    assert layer.weight.shape == (kind.width, inputs.shape[1])
    expected = functional.linear(inputs, layer.weight, layer.bias)
    torch.testing.assert_close(head((U, V if paired else None)), expected)


@pytest.mark.parametrize(
    ("form", "low", "expected"),
    # c = 0.96 and -1
    [
        ("signed", 0, [[4.8], [-5.0]]),
        ("relu", 0, [[4.8], [0.0]]),
        ("shifted", 0, [[4.9], [0.0]]),
        ("shifted", 1, [[1 + 4 * 0.98], [1.0]]),
    ],
)
def test_cosine_head_by_hand(form, low, expected):
    head = head_of("cosine", form=form, labels=Similarity(kind="similarity", low=low, high=5))
    torch.testing.assert_close(head((U, V)), torch.tensor(expected))
    assert not list(head.parameters())


@pytest.mark.parametrize(("form", "learns"), [("signed", True), ("relu", False)])
def test_relu_of_a_negative_cosine_teaches_nothing(form, learns):
    u = U.clone().requires_grad_()
    # Not exactly opposed, where every cosine is flat.
    similarity = head_of("cosine", form=form, labels=RANGE)((u, V + 0.1))[1].sum()
    (gradient,) = torch.autograd.grad(similarity, u)
    assert bool(gradient[1].abs().sum() > 0) == learns


def test_the_cosine_s_dropout_is_of_each_vector_and_only_in_training():
    torch.manual_seed(0)
    head, ones = head_of("cosine", dropout=0.5, labels=RANGE), torch.ones(200, 64)
    torch.testing.assert_close(head((ones, ones)), torch.full((200, 1), 5.0))
    # Half of u's dimensions meet half of v's: a quarter remains in the product.
    assert head.train()((ones, ones)).mean().item() / 5 == pytest.approx(0.5, abs=0.03)


def test_linear_heads_with_options():
    assert head_of("linear", dropout=0.4, labels=FIVE)[1].p == 0.4
    assert head_of("linear", logits=2, labels=BINARY)((U, V)).shape == (2, 2)
    head = head_of("linear", range="sigmoid", labels=RANGE, paired=False)
    expected = 5 / (1 + torch.exp(-functional.linear(U, head[2].weight, head[2].bias)))
    torch.testing.assert_close(head((U, None)), expected)


def test_bf16_does_not_round_what_is_in_units_of_labels():
    years = head_of("linear", range="sigmoid", labels=YEARS, paired=False)
    cosine = head_of("cosine", labels=RANGE)
    random = torch.Generator().manual_seed(0)
    u, v = (torch.randn(200, 2, generator=random, dtype=torch.bfloat16) for _ in range(2))
    with torch.autocast("cpu", torch.bfloat16):
        outputs = years((u, None)), cosine((u, v))
    # Of 200; in bf16 a few dozen are left.
    assert all(len(values.unique()) > 150 for values in outputs)
    doubles = cosine((u.double(), v.double()))
    assert doubles.dtype == torch.float64
    torch.testing.assert_close(outputs[1].double(), doubles, atol=1e-5, rtol=0)


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
    options = {"layers": 2, "hidden_size": 3, "activation": activation}
    head = head_of("mlp", labels=FIVE, **options)
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
        ("linear", YEARS, False, "random does not reach labels from 1900 to 2020; .* sigmoid"),
        ("mlp", Similarity(kind="similarity", low=-11, high=0), True, "labels from -11 to 0"),
        ({"name": "linear", "start": "fitted"}, YEARS, False, "fitted .* from -1000 to 1000"),
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
