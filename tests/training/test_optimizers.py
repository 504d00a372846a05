"""First steps of the optimizers against values worked out by hand."""

import pytest
import torch
from torch import nn

from mtbert.core.errors import InputError
from mtbert.core.registry import build, spell
from mtbert.training.optimizers import OPTIMIZERS


def method(spec):
    return build(OPTIMIZERS, spec, what="optimizer")


def moved(spec, *, decay, gradient, start=2.0, steps=1, peak=0.1):
    """Where one weight stands after some steps with the same gradient."""
    weight = nn.Parameter(torch.tensor([start]))
    groups = [{"params": [weight], "weight_decay": decay, "peak": peak, "message": True}]
    optimizer = method(spec).build(groups)
    assert optimizer.param_groups[0]["peak"] == peak
    assert optimizer.param_groups[0]["message"] is True
    for _ in range(steps):
        weight.grad = torch.tensor([gradient])
        optimizer.step()
    return weight.item()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_first_step_without_decay_is_the_learning_rate_against_the_sign(name):
    assert moved(name, decay=0.0, gradient=3.0) == pytest.approx(2 - 0.1)
    assert moved(name, decay=0.0, gradient=-0.001) == pytest.approx(2 + 0.1)


def test_adamw_shrinks_beside_the_step():
    # 2 · (1 - .1 · .5) - .1
    assert moved("adamw", decay=0.5, gradient=3.0) == pytest.approx(1.8)
    assert moved("adamw", decay=0.5, gradient=-0.1) == pytest.approx(2.0)
    # Where there is no gradient: by a share.
    assert moved("adamw", decay=0.5, gradient=0.0) == pytest.approx(1.9)


def test_adam_s_decay_is_part_of_the_gradient():
    # 3 + .5 · 2 = 4: its sign alone counts in a first step, and so it does not matter here.
    assert moved("adam", decay=0.5, gradient=3.0) == pytest.approx(1.9)
    # -.1 + 1 = .9: it turns the step around.
    assert moved("adam", decay=0.5, gradient=-0.1) == pytest.approx(1.9)
    # Where there is no gradient: by the learning rate, however small the decay.
    assert moved("adam", decay=1e-4, gradient=0.0) == pytest.approx(1.9, abs=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_betas_and_epsilon_are_the_method_s(name):
    # m = .5 · 4 / (1 - .5) = 4, √v = √(.25 · 16 / (1 - .75)) = 4, and 4 / (4 + 4): half a step.
    spec = {"name": name, "betas": [0.5, 0.75], "epsilon": 4.0}
    assert moved(spec, decay=0.0, gradient=4.0) == pytest.approx(2 - 0.05)
    # Without memory every step is ± the learning rate.
    weight = nn.Parameter(torch.tensor([2.0]))
    groups = [{"params": [weight], "weight_decay": 0.0, "peak": 0.1}]
    optimizer = method({"name": name, "betas": [0.0, 0.0]}).build(groups)
    for gradient, expected in ((5.0, 1.9), (-0.1, 2.0), (-7.0, 2.1)):
        weight.grad = torch.tensor([gradient])
        optimizer.step()
        assert weight.item() == pytest.approx(expected)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_group_has_its_own_rate_and_decay(name):
    first, second = nn.Parameter(torch.tensor([1.0])), nn.Parameter(torch.tensor([1.0]))
    groups = [
        {"params": [first], "weight_decay": 0.0, "peak": 0.1},
        {"params": [second], "weight_decay": 0.5, "peak": 0.01},
    ]
    optimizer = method(name).build(groups)
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.01]
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.0, 0.5]
    assert all(group["fused"] for group in optimizer.param_groups)
    assert "lr" not in groups[0]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("sgd", "adam"),
        ({"name": "adam", "betas": [0.9, 1.0]}, "betas"),
        ({"name": "adam", "betas": [0.9]}, "betas"),
        ({"name": "adamw", "epsilon": 0.0}, "epsilon"),
        ({"name": "adamw", "eps": 1e-6}, "epsilon"),
    ],
)
def test_what_does_not_fit_is_refused(spec, message):
    with pytest.raises(InputError, match=message):
        method(spec)


def test_they_are_spelled_with_every_option():
    expected = {"name": "adam", "betas": [0.9, 0.999], "epsilon": 1e-8}
    assert spell(OPTIMIZERS, method("adam")) == expected
    assert spell(OPTIMIZERS, method("adamw")) == {**expected, "name": "adamw"}
