"""A run that resumes, and the gradients' cosines."""

import io
from copy import deepcopy

import pytest
import torch
from small_models import TASKS, Net

from mtbert.training.balancing import BALANCINGS
from mtbert.training.balancing.gradients import gradient_pairs

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

    first, second = Net(), Net()
    balancer = first.begin(SPECS[name])
    state = run(first, balancer, 5)
    second.load_state_dict(first.state_dict())
    own, moments, file = balancer.state_dict(), deepcopy(state), io.BytesIO()
    # The balancer's state is of that moment, whatever goes on after it.
    run(first, balancer, 2, state)
    torch.save(own, file)
    file.seek(0)
    balancer = second.begin(SPECS[name], seed=9)
    balancer.load_state_dict(torch.load(file, weights_only=True))
    run(second, balancer, 5, moments)
    for key, value in unbroken.state_dict().items():
        assert torch.equal(second.state_dict()[key], value)


def test_cosines_and_norms_by_hand():
    jacobian = torch.tensor([[3.0, 4.0], [0.0, -2.0], [10.0, 0.0]])
    assert gradient_pairs(jacobian @ jacobian.T, TASKS) == [
        ("a", "b", pytest.approx(-0.8), 5, 2),
        ("a", "c", pytest.approx(0.6), 5, 10),
        ("b", "c", 0, 2, 10),
    ]
    zero = gradient_pairs(torch.diag(torch.tensor([0.0, 4.0, 1.0])), TASKS)
    assert [pair.cosine for pair in zero] == [None, None, 0]
