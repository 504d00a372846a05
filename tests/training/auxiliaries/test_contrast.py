"""SimCSE and the energy hinge against loops written out."""

from math import exp, log

import pytest
import torch
from toy import Toy, toy_batch

from mtbert.core.errors import InputError
from mtbert.core.tasks import Binary, Classes
from mtbert.training.auxiliaries.energy_hinge import EnergyHinge
from mtbert.training.auxiliaries.simcse import SimCSE
from mtbert.training.term import TaskFacts

LABELS = torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0])
# The fourth pair's second text is the first pair's first one; so is the last pair's.
CLUSTERS = torch.tensor([[0, 0], [1, 2], [3, 3], [0, 0], [4, 0]])
X = torch.randn(5, 8, generator=torch.Generator().manual_seed(0))


def batch_of(*, labels=LABELS, clusters=None):
    model = Toy(X, torch.arange(5))
    batch = toy_batch(model, labels=labels, paraphrase_clusters=clusters)
    # The vectors learn here, so that gradients can be asked for.
    clean = batch.clean
    u, v = (it.detach().requires_grad_() for it in (clean.u, clean.v))
    batch.clean = clean._replace(u=u, v=v)
    return batch, u, v


def cosine(a, b):
    return a @ b / (a.norm() * b.norm())


def paraphrases(clusters, i, j):
    return clusters is not None and clusters[i, 0] == clusters[j, 1]


def loop(u, v, clusters):
    """Mean over the duplicates, one candidate after the other."""
    losses = []
    for i in range(5):
        if LABELS[i] == 1:
            chosen = [j for j in range(5) if j == i or not paraphrases(clusters, i, j)]
            terms = [(cosine(u[i], v[j]) / 0.05).exp() for j in chosen]
            losses.append(-((cosine(u[i], v[i]) / 0.05).exp() / sum(terms)).log())
    return sum(losses) / len(losses)


@pytest.mark.parametrize("clusters", [None, CLUSTERS])
def test_supervised(clusters):
    batch, u, v = batch_of(clusters=clusters)
    actual = SimCSE(weight=2.0).extra(batch)
    expected = 2.0 * loop(u, v, clusters)
    torch.testing.assert_close(actual, expected)
    for this, other in zip(
        *(torch.autograd.grad(it, (u, v)) for it in (actual, expected)), strict=True
    ):
        torch.testing.assert_close(this, other)


def test_paraphrases_are_neither_pulled_nor_pushed():
    # The only duplicate's anchor is alone with its own cluster: there is no negative.
    labels = torch.tensor([1.0, 0.0, 0.0, 0.0, 0.0])
    clusters = torch.zeros(5, 2, dtype=torch.long)
    batch, u, v = batch_of(labels=labels, clusters=clusters)
    loss = SimCSE().extra(batch)
    assert float(loss.detach()) == pytest.approx(0, abs=1e-6)
    assert not torch.autograd.grad(loss, v)[0].any()
    hinge = EnergyHinge().extra(batch)
    assert float(hinge.detach()) == 0
    assert not torch.autograd.grad(hinge, u)[0].isnan().any()


@pytest.mark.parametrize("clusters", [None, CLUSTERS])
def test_energy_hinge(clusters):
    batch, u, v = batch_of(clusters=clusters)
    actual = EnergyHinge().extra(batch)
    losses = []
    for i in (0, 2, 3):
        others = [
            cosine(u[i], v[j]) for j in range(5) if j != i and not paraphrases(clusters, i, j)
        ]
        losses.append(max(torch.tensor(0.0), 0.2 + max(others) - cosine(u[i], v[i])))
    expected = 10 * sum(losses) / 3
    assert expected > 0
    torch.testing.assert_close(actual, expected)
    for this, other in zip(
        *(torch.autograd.grad(it, (u, v)) for it in (actual, expected)), strict=True
    ):
        torch.testing.assert_close(this, other)


def test_a_batch_without_duplicates_adds_0():
    for term in (SimCSE(), EnergyHinge()):
        assert float(term.extra(batch_of(labels=torch.zeros(5))[0]).detach()) == 0


def test_unsupervised():
    batch, u, v = batch_of(clusters=CLUSTERS)
    first = torch.cat([u, v])
    second = first.detach() + 0.1 * torch.randn(10, 4, generator=torch.Generator().manual_seed(1))
    batch.again = batch.clean._replace(u=second[:5], v=second[5:])
    sets = CLUSTERS.T.flatten()
    losses = []
    for i in range(10):
        cosines = [float(cosine(first[i], second[j]).detach()) / 0.05 for j in range(10)]
        total = sum(exp(c) for j, c in enumerate(cosines) if j == i or sets[i] != sets[j])
        losses.append(-log(exp(cosines[i]) / total))
    actual = SimCSE(mode="unsupervised").extra(batch)
    assert float(actual.detach()) == pytest.approx(sum(losses) / 10, rel=1e-4)


def test_what_does_not_fit():
    binary, classes = Binary(kind="binary"), Classes(kind="classes", count=5)
    for term in (SimCSE(), EnergyHinge()):
        with pytest.raises(InputError, match="labels of kind binary, found classes"):
            term.check(TaskFacts(labels=classes, siamese=True, fixed=False))
        with pytest.raises(InputError, match="needs two vectors"):
            term.check(TaskFacts(labels=binary, siamese=False, fixed=False))
        term.check(TaskFacts(labels=binary, siamese=True, fixed=True))
    unsupervised = SimCSE(mode="unsupervised")
    unsupervised.check(TaskFacts(labels=classes, siamese=False, fixed=False))
    with pytest.raises(InputError, match="adaptation: frozen"):
        unsupervised.check(TaskFacts(labels=classes, siamese=False, fixed=True))
