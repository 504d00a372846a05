import pytest
import torch
from torch.nn import functional
from toy import Toy, squared_error, toy_batch

from mtbert.training.regularizers.rdrop import RDrop

EXAMPLE = torch.arange(4)
X = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0.0, 1.0, 2.0, 1.0])


def cross_entropy(logits, labels):
    return functional.cross_entropy(logits, labels.long())


def divergence(p, q):
    return (p * (p / q).log()).sum(1).mean()


def test_by_hand():
    torch.manual_seed(0)
    model = Toy(X, EXAMPLE, width=3, dropout=0.5).train()
    batch = toy_batch(model, labels=LABELS, objective=cross_entropy, regression=False)
    extra = RDrop(weight=2.0).extra(batch)
    first, second = batch.clean.logits, batch.again.logits
    assert not torch.equal(first, second)
    p, q = first.softmax(1), second.softmax(1)
    mean = (cross_entropy(first, LABELS) + cross_entropy(second, LABELS)) / 2
    expected = mean + 2.0 * (divergence(p, q) + divergence(q, p)) / 2
    torch.testing.assert_close(batch.loss + extra, expected)


@pytest.mark.parametrize("regression", [False, True])
def test_nothing_without_dropout(regression):
    model = Toy(X, EXAMPLE, width=1 if regression else 3)
    objective = squared_error if regression else cross_entropy
    batch = toy_batch(model, labels=LABELS, objective=objective, regression=regression)
    extra = RDrop().extra(batch)
    assert extra == 0
    (gradient,) = torch.autograd.grad(extra, model.weight)
    assert not gradient.any()
