"""Attacks on a linear model, where what they reach is known."""

import pytest
import torch
from toy import Toy, toy_batch

from mtbert.core.errors import InputError
from mtbert.core.params import validate
from mtbert.training.regularizers import REGULARIZERS

# Two examples of three tokens and one.
EXAMPLE = torch.tensor([0, 0, 0, 1])
X = torch.tensor([[1.0, -1.0], [0.5, 0.0], [0.0, 2.0], [-1.0, 1.0]])
LABELS = torch.tensor([3.0, -4.0])
COUNT = torch.tensor([3.0, 1.0])  # tokens of each example


def build(word, **options):
    return validate(REGULARIZERS[word], options, where=word)


def attacked(*terms, model=None, **more):
    """The loss with all terms, its parts, the gradient, and the perturbations of each pass."""
    model = model or Toy(X, EXAMPLE)
    batch = toy_batch(model, labels=more.pop("labels", LABELS), terms=terms, **more)
    loss, parts = batch.loss_with_terms()
    (gradient,) = torch.autograd.grad(loss, model.weight)
    return loss, parts, gradient, batch.passes.deltas


def by_hand(reach, weight=1.0):
    """Clean loss plus the one with each prediction moved away from its label by `reach`(W)."""
    model = Toy(X, EXAMPLE)
    error = model(None)[0].squeeze(-1) - LABELS
    moved = error + error.sign().detach() * reach(model.weight)
    loss = error.square().mean() + weight * moved.square().mean()
    (gradient,) = torch.autograd.grad(loss, model.weight)
    return loss, gradient


def euclidean(length):
    """By r = length · W / (‖W‖ √tokens) a token, W fixed: the sum of the tokens moves W · r."""
    return lambda w: length * (COUNT.sqrt() * (w @ w.detach().T) / w.detach().norm()).squeeze(0)


def signs(length):
    return lambda w: length * COUNT * (w @ w.detach().sign().T).squeeze(0)


@pytest.mark.parametrize(
    ("word", "options", "reach"),
    [
        ("fgm", {"epsilon": 0.5}, euclidean(0.5)),
        ("fgm", {"weight": 0.5}, euclidean(1.0)),
        ("fgsm", {"epsilon": 0.5}, signs(0.5)),
        ("pgd", {"epsilon": 1.0, "alpha": 0.3, "steps": 3}, euclidean(0.9)),
        ("pgd", {"epsilon": 0.7, "alpha": 0.3, "steps": 3}, euclidean(0.7)),
        ("pgd", {"epsilon": 1.0, "alpha": 0.3, "steps": 3, "norm": "sign"}, signs(0.9)),
        ("pgd", {"epsilon": 0.4, "alpha": 0.3, "steps": 3, "norm": "sign"}, signs(0.4)),
    ],
)
def test_loss_and_gradient_by_hand(word, options, reach):
    loss, parts, gradient, _ = attacked(build(word, **options))
    expected = by_hand(reach, options.get("weight", 1.0))
    torch.testing.assert_close(loss, expected[0])
    torch.testing.assert_close(gradient, expected[1])
    (added,) = parts.values()
    torch.testing.assert_close(by_hand(reach, 0)[0] + added, loss)


def test_epsilon_0_changes_nothing():
    loss, _, gradient, deltas = attacked(build("fgm", epsilon=0.0))
    plain = attacked()
    assert torch.equal(loss, plain[0])
    assert torch.equal(gradient, plain[2])
    assert len(deltas) == 1, "no pass but the clean one"


@pytest.mark.parametrize("target", ["activations", "table"])
@pytest.mark.parametrize("norm", ["l2", "sign"])
def test_pgd_with_one_move_of_epsilon(norm, target):
    this = build("pgd", epsilon=0.6, alpha=0.6, steps=1, norm=norm, target=target)
    twin = build("fgm" if norm == "l2" else "fgsm", epsilon=0.6, target=target)
    assert torch.equal(attacked(this)[0], attacked(twin)[0])


def lengths(delta, norm="l2"):
    squares = torch.zeros(2).index_add(0, EXAMPLE, delta.square().sum(1))
    return squares.sqrt() if norm == "l2" else delta.abs().max()


@pytest.mark.parametrize("norm", ["l2", "sign"])
def test_pgd_stays_in_its_ball_and_passes_are_not_wasted(norm):
    torch.manual_seed(1)
    model = Toy(X, EXAMPLE, act=torch.nn.Tanh())
    term = build("pgd", epsilon=0.8, alpha=0.3, steps=5, norm=norm)
    deltas = attacked(term, model=model)[3]
    assert len(deltas) == 6, "the clean pass, four on the way, and the last"
    reached = torch.stack([lengths(delta, norm) for delta in deltas])
    assert (reached <= 0.8 * (1 + 1e-6)).all()
    torch.testing.assert_close(reached[1], torch.full_like(reached[1], 0.3))
    torch.testing.assert_close(reached[-1], torch.full_like(reached[-1], 0.8))


@pytest.mark.parametrize(("word", "options"), [("pgd", {"steps": 0}), ("fgm", {"epsilon": -1.0})])
def test_bad_options(word, options):
    with pytest.raises(InputError, match=str(*options)):
        build(word, **options)


def test_the_table_moves_as_one_and_equal_tokens_alike():
    ids = torch.tensor([7, 5, 7, 5])
    deltas = attacked(build("fgm", target="table"), ids=ids)[3]
    error = Toy(X, EXAMPLE)(None)[0].squeeze(-1).detach() - LABELS
    w = Toy(X, EXAMPLE).weight.detach()[0]
    by_token = error[EXAMPLE, None] * w  # the mean of two squares halves a factor of 2
    seven, five = by_token[0] + by_token[2], by_token[1] + by_token[3]
    norm = torch.stack([seven, five]).norm()
    expected = torch.stack([seven, five, seven, five]) / norm
    torch.testing.assert_close(deltas[1], expected)


def test_an_example_without_a_usable_gradient_is_not_moved():
    model = Toy(X, EXAMPLE)
    # The second example is predicted exactly: its gradient is 0.
    labels = torch.stack([LABELS[0], model(None)[0][1, 0].detach()])
    deltas = attacked(build("fgm"), model=model, labels=labels)[3]
    torch.testing.assert_close(lengths(deltas[1]), torch.tensor([1.0, 0.0]))
    with torch.no_grad():
        model.weight.fill_(float("inf"))
    assert not attacked(build("fgm"), model=model)[3][1].any()


def test_a_gradient_too_small_to_square_is_followed():
    model = Toy(X, EXAMPLE)
    loss = {"objective": lambda logits, labels: 1e-25 * logits.sum()}
    torch.testing.assert_close(
        lengths(attacked(build("fgm"), model=model, **loss)[3][1]), torch.ones(2)
    )


def test_the_gradient_is_that_of_the_weighted_sum():
    """A balancing may scale a loss; the part that was worked out ahead must follow."""
    model = Toy(X, EXAMPLE)
    batch = toy_batch(model, labels=LABELS, terms=[build("fgm", epsilon=0.5)])
    loss, _ = batch.loss_with_terms()
    (3 * loss).backward()
    torch.testing.assert_close(model.weight.grad, 3 * by_hand(euclidean(0.5))[1])
