"""SimCSE and the energy hinge against loops written out."""

from contextlib import nullcontext

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
    batch = toy_batch(Toy(X, torch.arange(5)), labels=labels, paraphrase_clusters=clusters)
    # The vectors learn here, so that gradients can be asked for.
    clean = batch.clean
    u, v = (it.detach().requires_grad_() for it in (clean.u, clean.v))
    batch.clean = clean._replace(u=u, v=v)
    return batch, u, v


def cosine(a, b):
    return a @ b / (a.norm() * b.norm())


def simcse(own, others):
    """-log of the paraphrase's share, with temperature .05."""
    return -(own / 0.05).exp().div(sum((it / 0.05).exp() for it in (own, *others))).log()


def hinge(own, others):
    return 10 * (0.2 + max(others) - own).clamp(min=0)


@pytest.mark.parametrize("clusters", [None, CLUSTERS])
@pytest.mark.parametrize(("term", "by_hand"), [(SimCSE(), simcse), (EnergyHinge(), hinge)])
def test_labelled_duplicates(term, by_hand, clusters):
    batch, u, v = batch_of(clusters=clusters)
    losses = []
    for i in (0, 2, 3):
        negatives = [
            j for j in range(5) if j != i and (clusters is None or clusters[i, 0] != clusters[j, 1])
        ]
        losses.append(by_hand(cosine(u[i], v[i]), [cosine(u[i], v[j]) for j in negatives]))
    assert float(term.extra(batch_of(labels=torch.zeros(5))[0]).detach()) == 0, "no duplicates"
    actual, expected = term.extra(batch), sum(losses) / 3
    assert expected > 0
    torch.testing.assert_close(actual, expected)
    gradients = [torch.autograd.grad(it, (u, v)) for it in (actual, expected)]
    torch.testing.assert_close(*gradients)


def test_paraphrases_are_neither_pulled_nor_pushed():
    # The only duplicate's anchor is alone with its own cluster: there is no negative.
    labels = torch.tensor([1.0, 0.0, 0.0, 0.0, 0.0])
    batch, u, v = batch_of(labels=labels, clusters=torch.zeros(5, 2, dtype=torch.long))
    loss = SimCSE().extra(batch)
    assert float(loss.detach()) == pytest.approx(0, abs=1e-6)
    assert not torch.autograd.grad(loss, v)[0].any()
    loss = EnergyHinge().extra(batch)
    assert float(loss.detach()) == 0
    assert not torch.autograd.grad(loss, u)[0].isnan().any()


def test_unsupervised():
    batch, u, v = batch_of(clusters=CLUSTERS)
    first = torch.cat([u, v])
    second = first.detach() + 0.1 * torch.randn(10, 4, generator=torch.Generator().manual_seed(1))
    batch.again = batch.clean._replace(u=second[:5], v=second[5:])
    sets = CLUSTERS.T.flatten()
    losses = []
    for i in range(10):
        negatives = [cosine(first[i], second[j]) for j in range(10) if sets[i] != sets[j]]
        losses.append(simcse(cosine(first[i], second[i]), negatives))
    actual = SimCSE(mode="unsupervised", weight=2.0).extra(batch)
    torch.testing.assert_close(actual, 2 * sum(losses) / 10)


BINARY, CLASSES = Binary(kind="binary"), Classes(kind="classes", count=5)


@pytest.mark.parametrize(
    ("term", "labels", "siamese", "fixed", "message"),
    [
        (SimCSE(), CLASSES, True, False, "labels of kind binary, found classes"),
        (EnergyHinge(), BINARY, False, False, "needs two vectors"),
        (EnergyHinge(), BINARY, True, True, None),
        (SimCSE(mode="unsupervised"), CLASSES, False, False, None),
        (SimCSE(mode="unsupervised"), CLASSES, False, True, "adaptation: frozen"),
    ],
)
def test_what_does_not_fit(term, labels, siamese, fixed, message):
    facts = TaskFacts(labels=labels, siamese=siamese, fixed=fixed)
    with pytest.raises(InputError, match=message) if message else nullcontext():
        term.check(facts)
