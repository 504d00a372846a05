"""SMART and its teacher on a model small enough to follow by hand."""

import pytest
import torch
from toy import Toy, cross_entropy, squared_error, toy_batch
from toy import symmetric_divergence as symmetric

from mtbert.training.regularizers.smart import SMART

EXAMPLE = torch.tensor([0, 0, 1, 2, 2])
CLASSES = torch.tensor([0.0, 2.0, 1.0])


def tokens(seed=0):
    return torch.randn(5, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def toy(**more):
    return Toy(tokens(), EXAMPLE, width=3, act=torch.nn.Tanh(), **more)


def batch_of(model, **more):
    more = {"objective": cross_entropy, "regression": False, "labels": CLASSES, **more}
    return toy_batch(model, **more)


def test_distance_of_classes_of_one_logit_and_of_numbers():
    a = torch.randn(6, 3, dtype=torch.float64)
    b = torch.randn(6, 3, dtype=torch.float64)
    batch = batch_of(toy())
    torch.testing.assert_close(batch.distance(a, b), symmetric(a, b))
    this = batch.distance(a[:, :1], b[:, :1])
    padded = [torch.cat([torch.zeros_like(it[:, :1]), it[:, :1]], 1) for it in (a, b)]
    torch.testing.assert_close(this, symmetric(*padded))
    numbers = batch_of(toy(), objective=squared_error, regression=True)
    expected = (a[:, 0] - b[:, 0]).square().mean()
    torch.testing.assert_close(numbers.distance(a[:, :1], b[:, :1]), expected)


@pytest.mark.parametrize("mode", ["paper", "mtdnn"])
def test_one_step_by_hand(mode):
    # At a start that is not tiny the ascent's gradient is worth comparing.
    options = {"mode": mode, "sigma": 0.1, "eta": 0.05, "epsilon": 0.12}
    model = toy()
    batch = batch_of(model, seed=3)
    actual = SMART(**options).perturbation(batch)

    drawn = batch_of(model, seed=3).generator.standard_normal((5, 4), dtype="float32")
    noise = (0.1 * torch.from_numpy(drawn).double()).requires_grad_()
    distance = 3 * symmetric(model(noise)[0], model(None)[0].detach())
    (gradient,) = torch.autograd.grad(distance, noise)
    noise = noise.detach()
    if mode == "paper":
        largest = torch.stack([gradient[i == EXAMPLE].abs().max() for i in range(3)])
        expected = (noise + 0.05 * gradient / largest[EXAMPLE, None]).clamp(-0.12, 0.12)
    else:
        expected = noise + 0.05 * gradient
        expected = expected / (expected.abs().amax(1, keepdim=True) + 0.12)
    torch.testing.assert_close(actual, expected)


def test_defaults_stay_in_the_ball_and_grow_the_distance():
    # In fp32, as a run has it.
    model = toy().float()
    model.x = model.x.float()
    batch = batch_of(model)
    term = SMART()
    delta = term.perturbation(batch)
    assert delta.abs().max() <= 1e-5 * (1 + 1e-6)
    start = 1e-5 * torch.from_numpy(
        batch_of(model).generator.standard_normal((5, 4), dtype="float32")
    )
    clean = model(None)[0]
    moved = batch.distance(model(delta)[0], clean)
    assert moved > batch.distance(model(start.clamp(-1e-5, 1e-5))[0], clean) > 0


@pytest.mark.parametrize("regression", [False, True])
def test_the_perturbation_is_a_constant_and_the_clean_prediction_is_not(regression):
    objective = squared_error if regression else cross_entropy
    model = Toy(tokens(), EXAMPLE, width=1 if regression else 3, act=torch.nn.Tanh())
    given = {"objective": objective, "regression": regression, "labels": CLASSES.double()}
    term = SMART(sigma=0.1, eta=0.05, epsilon=0.2, weight=2.0)
    batch = batch_of(model, **given)
    delta = term.perturbation(batch)
    batch = batch_of(model, **given)  # the same draws again
    (gradient,) = torch.autograd.grad(term.extra(batch), model.weight)

    weight = model.weight.detach().requires_grad_()
    moved, clean = (
        torch.func.functional_call(model, {"weight": weight}, (it,))[0] for it in (delta, None)
    )
    (expected,) = torch.autograd.grad(2 * batch.distance(moved, clean), weight)
    torch.testing.assert_close(gradient, expected)


def test_dropout_is_that_of_the_clean_pass():
    model = toy(dropout=0.5).train()
    batch = batch_of(model)
    clean = batch.clean.logits
    torch.rand(3)
    state = torch.get_rng_state()
    assert torch.equal(batch.run(same_dropout=True).logits, clean)
    assert torch.equal(torch.get_rng_state(), state), "what others draw is as without"
    assert not torch.equal(batch.run().logits, clean)


def test_with_dropout_the_perturbation_alone_makes_the_difference():
    batch = batch_of(toy(dropout=0.5).train())
    assert 0 <= float(SMART(bregman=1.0).extra(batch).detach()) < 1e-6
    assert float(batch.distance(batch.clean.logits, batch.again.logits).detach()) > 1e-3


def test_the_teacher_pulls_after_one_step_and_gets_no_gradient():
    model, term = toy(), SMART(bregman=1.0)
    assert SMART().teacher is None
    teacher = term.teacher.begin(dict(model.named_parameters()))

    def drift():
        batch = batch_of(model, terms=[term], teacher_weights=teacher.weights)
        loss, _ = batch.loss_with_terms()
        return loss, float(term.drift(batch).detach())

    loss, before = drift()
    assert before == 0
    loss.backward()
    start = model.weight.detach().clone()
    with torch.no_grad():
        model.weight -= 0.5 * model.weight.grad
    teacher.follow(1, 100, epoch_ends=False)
    assert drift()[1] > 0
    taught = teacher.weights["weight"]
    torch.testing.assert_close(taught, 0.99 * start + 0.01 * model.weight.detach())
    assert not taught.requires_grad
    before = taught.clone()
    teacher.follow(11, 100, epoch_ends=False)
    torch.testing.assert_close(taught, 0.999 * before + 0.001 * model.weight.detach())
