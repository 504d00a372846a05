"""A run's state, and which samplers fit."""

import io

import pytest
import torch
from small_models import TASKS, Net

from mtbert.core.errors import InputError
from mtbert.core.registry import build, spell
from mtbert.training.balancing import BALANCINGS, check_sampler
from mtbert.training.samplers import SAMPLERS

SPECS = {
    **{name: name for name in BALANCINGS},
    "weights": {"name": "weights", "weights": {"c": 2.0}},
    "dwa": {"name": "dwa", "window": 3},
    "uncertainty": {"name": "uncertainty", "learning_rate": 0.1},
    "nash": {"name": "nash", "every": 2},
}


def run(net, balancer, steps, state=None):
    """Train; give the optimizer's state."""
    groups = [{"params": list(net.parameters()), "peak": 0.05, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW([*groups, *balancer.groups()], lr=0.05)
    if state is not None:
        optimizer.load_state_dict(state)
    for _ in range(steps):
        optimizer.zero_grad()
        balancer.backward(net.losses, TASKS)
        optimizer.step()
    return optimizer.state_dict()


@pytest.mark.parametrize("name", SPECS)
def test_a_resumed_run_goes_on_exactly(name):
    unbroken = Net()
    run(unbroken, unbroken.begin(SPECS[name]), 10)

    first = Net()
    balancer = first.begin(SPECS[name])
    state = run(first, balancer, 5)
    kept = io.BytesIO()
    torch.save([first.state_dict(), balancer.state_dict(), state], kept)
    # The state is of that moment, whatever goes on after it.
    run(first, balancer, 2, state)
    kept.seek(0)
    weights, own, state = torch.load(kept, weights_only=True)

    second = Net()
    second.load_state_dict(weights)
    balancer = second.begin(SPECS[name], seed=9)
    balancer.load_state_dict(own)
    run(second, balancer, 5, state)
    for key, value in unbroken.state_dict().items():
        assert torch.equal(second.state_dict()[key], value)


@pytest.mark.parametrize("name", SPECS)
def test_a_state_is_of_its_moment(name):
    net = Net()
    balancer = net.begin(SPECS[name])
    run(net, balancer, 3)
    state = balancer.state_dict()
    before = repr(state)
    run(net, balancer, 3)
    assert repr(state) == before


@pytest.mark.parametrize("name", SPECS)
def test_a_plan_spells_every_option_and_reads_it_back(name):
    method = build(BALANCINGS, SPECS[name], what="balancing")
    assert build(BALANCINGS, spell(BALANCINGS, method), what="balancing") == method


@pytest.mark.parametrize("name", SPECS)
def test_only_what_compares_tasks_refuses_samplers_of_single_ones(name):
    method = build(BALANCINGS, SPECS[name], what="balancing")
    check_sampler(method, build(SAMPLERS, "all_tasks", what="sampler"))
    for sampler in ("round_robin", "annealed"):
        alone = build(SAMPLERS, sampler, what="sampler")
        if not method.needs_several:
            check_sampler(method, alone)
            continue
        with pytest.raises(InputError) as error:
            check_sampler(method, alone)
        assert str(error.value) == (
            f"sampler: balancing {name} needs several tasks in a step, and {sampler} gives one; "
            "samplers that fit: all_tasks"
        )
