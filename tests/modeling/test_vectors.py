"""The logits of all pairs and their gradients equal those of the head, pair by pair."""

import pytest
import torch

from mtbert.core.params import validate
from mtbert.core.tasks import Binary, Similarity
from mtbert.modeling.heads import HEADS
from mtbert.modeling.vectors import all_pairs

WANG = ["u", "v", "abs_diff", "product"]
BINARY, RANGE = Binary(kind="binary"), Similarity(kind="similarity", low=0, high=5)


def head_of(name, *, labels=BINARY, size=6, **options):
    torch.manual_seed(0)
    settings = validate(HEADS[name], options, where="head")
    return settings.build(size=size, labels=labels, paired=True)


def vectors(first=5, second=4, size=6):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(n, size, generator=generator).requires_grad_() for n in (first, second)]


def double_loop(head, u, v):
    return torch.stack([torch.cat([head((a[None], b[None])) for b in v]) for a in u])


def with_gradients(logits, head, u, v):
    weights = torch.arange(float(logits.numel())).view_as(logits).sin()
    inputs = [u, v, *head.parameters()]
    return [logits, *torch.autograd.grad((logits * weights).sum(), inputs, materialize_grads=True)]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("linear", {"features": WANG, "dropout": 0.0}),
        ("linear", {"features": WANG, "dropout": 0.0, "logits": 2}),
        ("linear", {"features": ["product", "u"], "dropout": 0.0}),
        ("linear", {"features": ["u"], "dropout": 0.0}),
        ("linear", {"features": [*WANG, "cosine"], "dropout": 0.0}),
        ("mlp", {"features": WANG, "dropout": 0.0}),
        ("mlp", {"features": WANG, "dropout": 0.0, "layers": 2, "hidden_size": 3}),
        ("linear", {"labels": RANGE, "range": "sigmoid", "dropout": 0.0}),
        ("cosine", {"labels": RANGE}),
    ],
)
@pytest.mark.parametrize("limit", [2**23, 50])
def test_equal_to_the_double_loop(name, options, limit):
    head = head_of(name, **options)
    u, v = vectors()
    actual = with_gradients(all_pairs(head, u, v, limit=limit), head, u, v)
    expected = with_gradients(double_loop(head, u, v), head, u, v)
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("limit", [2**23, 50])
def test_every_pair_has_a_dropout_of_its_own(limit):
    head = head_of("linear", features=WANG, dropout=0.5).train()
    u = torch.ones(5, 6, requires_grad=True)
    logits = all_pairs(head, u, u, limit=limit)
    assert len(logits.unique()) > 15
    # Backpropagation through a chunk sees the same masks as the pass before it.
    (gradient,) = torch.autograd.grad(logits.sum(), head[2].bias)
    assert float(gradient) == 25
    torch.testing.assert_close(all_pairs(head.eval(), u, u), double_loop(head, u, u))
