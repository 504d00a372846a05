"""What is told of the gradients, against hand-computed numbers."""

import pytest
import torch
from small_models import TASKS, Net

from mtbert.training.balancing.gradients import GradientPair, gradient_pairs


def test_cosines_and_norms_by_hand():
    jacobian = torch.tensor([[3.0, 4.0], [0.0, -2.0], [10.0, 0.0]])
    assert gradient_pairs(jacobian @ jacobian.T, TASKS) == [
        GradientPair("a", "b", pytest.approx(-0.8), 5, 2),
        GradientPair("a", "c", pytest.approx(0.6), 5, 10),
        GradientPair("b", "c", 0, 2, 10),
    ]


@pytest.mark.parametrize("spec", ["sum", "mean", "random", "uncertainty", "pcgrad", "mgda"])
def test_any_balancing_tells_the_cosines_of_the_jacobian(spec):
    net = Net()
    jacobian = dict(zip(TASKS, net.jacobian(), strict=True))
    gramian = net.begin(spec).backward(net.losses, TASKS, per_task_gradients=True).gramian
    for met in gradient_pairs(gramian, TASKS):
        first, second = jacobian[met.first], jacobian[met.second]
        assert met.norm_first == pytest.approx(first.norm().item(), rel=1e-5)
        assert met.norm_second == pytest.approx(second.norm().item(), rel=1e-5)
        cosine = torch.cosine_similarity(first, second, dim=0).item()
        assert met.cosine == pytest.approx(cosine, abs=1e-6)


def test_a_gradient_of_nothing_has_no_cosine():
    message = gradient_pairs(torch.diag(torch.tensor([0.0, 4.0, 1.0])), TASKS)
    assert [met.cosine for met in message] == [None, None, 0]
