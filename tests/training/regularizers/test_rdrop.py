"""R-Drop against its formula, on a model small enough to follow by hand."""

import pytest
import torch
from toy import Toy, cross_entropy, squared_error, symmetric_divergence, toy_batch

from mtbert.training.regularizers.rdrop import RDrop

EXAMPLE = torch.arange(4)
X = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0.0, 1.0, 2.0, 1.0])


def test_by_hand():
    torch.manual_seed(0)
    model = Toy(X, EXAMPLE, width=3, dropout=0.5).train()
    batch = toy_batch(model, labels=LABELS, objective=cross_entropy, regression=False)
    extra = RDrop(weight=2.0).extra(batch)
    first, second = batch.clean.logits, batch.again.logits
    assert not torch.equal(first, second)
    mean = (cross_entropy(first, LABELS) + cross_entropy(second, LABELS)) / 2
    expected = mean + 2.0 * symmetric_divergence(first, second) / 2
    torch.testing.assert_close(batch.loss + extra, expected)


@pytest.mark.parametrize(
    ("regression", "width", "objective"), [(False, 3, cross_entropy), (True, 1, squared_error)]
)
def test_nothing_without_dropout(regression, width, objective):
    model = Toy(X, EXAMPLE, width=width)
    batch = toy_batch(model, labels=LABELS, objective=objective, regression=regression)
    extra = RDrop().extra(batch)
    assert extra == 0
    (gradient,) = torch.autograd.grad(extra, model.weight)
    assert not gradient.any()
