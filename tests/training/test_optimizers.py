"""First steps of the optimizers against values worked out by hand, and the parameter groups."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mtbert.core.errors import InputError
from mtbert.core.registry import build
from mtbert.training.optimizers import OPTIMIZERS, parameter_groups


def moved(spec, *gradients, decay=0.0, peak=0.1):
    """Where a weight that starts at 2 stands after steps with these gradients."""
    weight = nn.Parameter(torch.tensor([2.0]))
    groups = [{"params": [weight], "weight_decay": decay, "peak": peak}]
    optimizer = build(OPTIMIZERS, spec, what="optimizer").build(groups)
    assert optimizer.param_groups[0]["peak"] == optimizer.param_groups[0]["lr"] == peak
    assert optimizer.param_groups[0]["fused"]
    for gradient in gradients:
        weight.grad = torch.tensor([gradient])
        optimizer.step()
    return weight.item()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_first_step_without_decay_is_the_learning_rate_against_the_sign(name):
    assert moved(name, 3.0) == pytest.approx(2 - 0.1)
    assert moved(name, -0.001, peak=0.01) == pytest.approx(2 + 0.01)


@pytest.mark.parametrize(
    ("name", "decay", "gradient", "expected"),
    [
        # AdamW shrinks beside the step: 2 · (1 - .1 · .5) - .1.
        ("adamw", 0.5, 3.0, 1.8),
        ("adamw", 0.5, -0.1, 2.0),
        # Where there is no gradient: by a share.
        ("adamw", 0.5, 0.0, 1.9),
        # Adam's decay is part of the gradient, of which a first step has the sign alone:
        # 3 + .5 · 2 = 4, and -.1 + 1 = .9, which turns the step around.
        ("adam", 0.5, 3.0, 1.9),
        ("adam", 0.5, -0.1, 1.9),
        # Where there is no gradient: by the learning rate, however small the decay.
        ("adam", 1e-4, 0.0, 1.9),
    ],
)
def test_decay(name, decay, gradient, expected):
    assert moved(name, gradient, decay=decay) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_betas_and_epsilon_are_the_method_s(name):
    # m = .5 · 4 / (1 - .5) = 4, √v = √(.25 · 16 / (1 - .75)) = 4, and 4 / (4 + 4): half a step.
    spec = {"name": name, "betas": [0.5, 0.75], "epsilon": 4.0}
    assert moved(spec, 4.0) == pytest.approx(2 - 0.05)
    # Without memory every step is ± the learning rate.
    assert moved({"name": name, "betas": [0.0, 0.0]}, 5.0, -0.1, -7.0) == pytest.approx(2.1)


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
        build(OPTIMIZERS, spec, what="optimizer")


def test_each_part_and_layer_has_its_own_rate_and_biases_do_not_decay():
    parts = [("heads", 0, (1, 5)), ("encoder", 3, (2, 2)), ("adapter", 0, (3, 3))]
    parts += [("encoder", 0, (4, 4)), ("heads", 0, (6,))]
    model = SimpleNamespace(
        groups=lambda: [
            SimpleNamespace(part=part, below_top=below, parameters=[torch.zeros(shape)])
            for part, below, shape in parts
        ]
    )
    peaks = {"encoder": 0.1, "adapter": 0.3, "heads": 0.2}
    groups = parameter_groups(model, peaks=peaks, layer_decay=0.5, weight_decay=0.7)
    assert [(tuple(g["params"][0].shape), g["peak"], g["weight_decay"]) for g in groups] == [
        ((4, 4), 0.1, 0.7),
        ((2, 2), 0.1 / 8, 0.7),
        ((3, 3), 0.3, 0.7),
        ((1, 5), 0.2, 0.7),
        ((6,), 0.2, 0.0),
    ]
