"""Weights of losses against hand-computed numbers."""

from math import exp

import pytest
import torch
from small_models import TASKS, Net, Rows

from mtbert.core.errors import InputError
from mtbert.core.registry import build
from mtbert.training.balancing import BALANCINGS

WEIGHTS = {"name": "weights", "weights": {"c": 3.0}}


@pytest.mark.parametrize(
    ("spec", "weights"),
    [
        ("sum", {"a": 1, "b": 1, "c": 1}),
        ("mean", {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}),
        ({"name": "weights", "weights": {"c": 3.0, "a": 0.0}}, {"a": 0, "b": 1, "c": 3}),
        ("dwa", {"a": 1, "b": 1, "c": 1}),
        ("uncertainty", {"a": 1, "b": 1, "c": 1}),
    ],
)
def test_the_gradient_is_that_of_the_weighted_sum(spec, weights):
    net = Net()
    sum(weights[task] * net.loss(task) for task in TASKS).backward()
    expected = net.gradients()
    net.zero_grad()
    outcome = net.begin(spec).backward(net.losses, TASKS)
    assert net.requested == [TASKS]
    assert outcome.weights == pytest.approx(weights)
    assert outcome.gramian is None
    torch.testing.assert_close(net.gradients(), expected)
    for task in TASKS:
        assert not outcome.losses[task].requires_grad
        assert outcome.losses[task].item() == pytest.approx(net.loss(task).item())


@pytest.mark.parametrize("spec", ["sum", "mean", WEIGHTS, "uncertainty", "dwa", "random"], ids=str)
def test_per_task_gradients_give_the_same_update_and_the_gramian(spec):
    net = Net()
    joint, by_task = net.begin(spec), net.begin(spec)
    together = joint.backward(net.losses, TASKS)
    expected = net.gradients()
    net.zero_grad()
    net.requested.clear()
    outcome = by_task.backward(net.losses, TASKS, per_task_gradients=True)
    assert net.requested == [("a",), ("b",), ("c",)]
    assert outcome.weights == together.weights
    torch.testing.assert_close(outcome.losses, together.losses)
    torch.testing.assert_close(net.gradients(), expected)
    jacobian = net.jacobian().double()
    torch.testing.assert_close(outcome.gramian, jacobian @ jacobian.T, rtol=1e-5, atol=1e-5)
    for this, other in zip(joint.groups(), by_task.groups(), strict=True):
        for first, second in zip(this["params"], other["params"], strict=True):
            torch.testing.assert_close(first.grad, second.grad)


def test_a_task_of_weight_0_has_a_gramian_of_0():
    net = Net()
    balancer = net.begin({"name": "weights", "weights": {"a": 0.0}})
    gramian = balancer.backward(net.losses, TASKS, per_task_gradients=True).gramian
    assert gramian[0].tolist() == gramian[:, 0].tolist() == [0, 0, 0]
    assert gramian[1, 1] > 0


@pytest.mark.parametrize("per_task", [False, True])
def test_a_single_task_or_nothing_shared_is_a_plain_step(per_task):
    net = Net()
    outcome = net.begin("sum").backward(net.losses, ("b",), per_task_gradients=per_task)
    assert outcome.gramian is None
    assert set(net.gradients()) == {"shared.0", "shared.1", "only_b", "map", "heads.b"}
    net.zero_grad()
    net.begin("sum", shared=[]).backward(net.losses, TASKS, per_task_gradients=per_task)
    assert len(net.gradients()) == 7


def test_a_weight_of_no_task_is_refused():
    method = build(BALANCINGS, {"name": "weights", "weights": {"stt": 2.0}}, what="balancing")
    with pytest.raises(InputError, match=r"weights.*stt.*sts"):
        method.check(["sst", "para", "sts"])
    method.check(["stt"])
    for spec in ("weights", {"name": "weights", "weights": {"sts": -1.0}}):
        with pytest.raises(InputError, match="weights"):
            build(BALANCINGS, spec, what="balancing")


def test_uncertainty_is_kendall_s():
    rows = Rows([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    rows.vector.data = torch.tensor([3.0, 4.0])  # losses 3 and 8
    balancer = rows.begin({"name": "uncertainty", "learning_rate": 0.1}, regressions={"b"})
    (group,) = balancer.groups()
    assert (group["weight_decay"], group["peak"], len(group["params"])) == (0, 0.1, 3)
    for task, value in {"a": 0.5, "b": -1.0}.items():
        balancer.log_variances[task].data.fill_(value)
    outcome = balancer.backward(rows.losses, ("a", "b"))
    weights = {"a": exp(-0.5), "b": exp(1.0) / 2}
    assert outcome.weights == pytest.approx(weights)
    # d/dθ of Σ w L is w times each row; d/ds of a e^-s L + s/2 is 1/2 - a e^-s L.
    assert rows.vector.grad.tolist() == pytest.approx([weights["a"], 2 * weights["b"]])
    slopes = [balancer.log_variances[task].grad.item() for task in ("a", "b")]
    assert slopes == pytest.approx([0.5 - weights["a"] * 3, 0.5 - weights["b"] * 8])
    assert balancer.log_variances["c"].grad is None, "a task that is not in the step"


class GivenLosses:
    """Losses of given values, by a parameter that they leave alone."""

    def __init__(self, *steps):
        self.steps, self.zero = list(steps), torch.zeros((), requires_grad=True)

    def __call__(self, requested):
        values = self.steps.pop(0)
        return {task: self.zero + value for task, value in zip(requested, values, strict=True)}


def softmax_weight(a, b):
    """The first of two tasks' weights, of their ratios."""
    return pytest.approx(2 * exp(a / 2) / (exp(a / 2) + exp(b / 2)))


def dwa_weights(losses, *, epoch, **options):
    """The first of two tasks' weights in each step."""
    balancer = Net().begin({"name": "dwa", **options}, tasks=("a", "b"))
    actual, give = [], GivenLosses(*losses)
    for step in range(1, len(losses) + 1):
        actual.append(balancer.backward(give, ("a", "b")).weights["a"])
        if step % epoch == 0:
            balancer.end_epoch()
    return actual


def test_dwa_is_the_printed_formula():
    # Means of the epochs: 2 and 4, 1 and 6, 1 and 1.
    losses = [(1.0, 4.0), (3.0, 4.0), (1.0, 5.0), (1.0, 7.0), (1.0, 1.0), (1.0, 1.0), (7.0, 7.0)]
    *first, fifth, sixth, seventh = dwa_weights(losses, epoch=2, temperature=2.0)
    assert first == [1] * 4
    assert fifth == sixth == softmax_weight(1 / 2, 6 / 4)
    assert seventh == softmax_weight(1, 1 / 6)


def test_dwa_s_window_may_be_steps():
    losses = [*[(2.0, 2.0)] * 2, *[(1.0, 4.0)] * 2, (1.0, 1.0), (1.0, 1.0)]
    actual = dwa_weights(losses, epoch=1, window=2)
    assert actual == [1] * 4 + [softmax_weight(0.5, 2)] * 2


def test_dwa_survives_a_loss_of_0_and_an_absent_task():
    balancer = Net().begin({"name": "dwa", "window": 1}, tasks=("a", "b"))
    losses = GivenLosses((0.0, 1.0), (2.0, 1.0), (1.0,), (1.0, 1.0))
    assert balancer.backward(losses, ("a", "b")).weights == {"a": 1, "b": 1}
    balancer.backward(losses, ("a", "b"))
    assert balancer.backward(losses, ("b",)).weights == {"b": 1}
    assert balancer.backward(losses, ("a", "b")).weights == {"a": 1, "b": 1}


def test_random_weights_are_drawn_anew_and_sum_to_the_number_of_tasks():
    net = Net()

    def drawn(seed):
        balancer = net.begin("random", seed=seed)
        steps = [balancer.backward(net.losses, TASKS).weights for _ in range(400)]
        return torch.tensor([list(weights.values()) for weights in steps])

    actual = drawn(1)
    # As it was drawn in every study: another purpose of the stream gives other weights.
    assert actual[0].tolist() == pytest.approx([0.236855, 0.227318, 2.535827], rel=1e-5)
    torch.testing.assert_close(actual.sum(1), torch.full((400,), 3.0))
    assert actual.min() > 0
    assert actual.mean(0).tolist() == pytest.approx([1] * 3, abs=0.1)
    assert torch.equal(actual, drawn(1))
    assert not torch.equal(actual, drawn(2))


def test_the_balancing_s_draws_are_its_own():
    net = Net()
    torch.manual_seed(0)
    before = torch.get_rng_state()
    net.begin("random").backward(net.losses, TASKS)
    net.begin("pcgrad").backward(net.losses, TASKS)
    assert torch.equal(torch.get_rng_state(), before)
