"""Combined gradients against known vectors, naive algorithms, and TorchJD's own aggregators."""

import numpy as np
import pytest
import torch
from scipy.optimize import nnls, root
from small_models import TASKS, Net, Rows
from torchjd import aggregation

from mtbert.training.balancing import BALANCINGS
from mtbert.training.balancing.aggregator import Aggregation
from mtbert.training.balancing.gradients import PIECE, combine, gradient_pairs, gramian_of
from mtbert.training.balancing.nash import bargain

AGGREGATORS = {
    "pcgrad": aggregation.PCGrad,
    "gradvac": aggregation.GradVac,
    "cagrad": lambda: aggregation.CAGrad(c=0.5),
    "mgda": aggregation.MGDA,
    "imtl_g": aggregation.IMTLG,
    "aligned_mtl": aggregation.AlignedMTL,
    "upgrad": lambda: upgrad,  # TorchJD's regularizes, by more for a shorter gradient
    "nash": lambda: nash,  # TorchJD's needs ECOS, and fails on the first step of seed 5
}
OPPOSED = [[1.0, 0.0], [-1.0, 1.0]]
R = (17 / 2) ** 0.5 / 2


def close(actual, expected, rel=1e-5):
    assert (actual - expected).norm() <= rel * expected.norm()


def nash(jacobian):
    """The update of norm 1 of w with w (G w) = 1, by a general solver for log w."""
    gramian = (jacobian @ jacobian.T).double().numpy()
    start = -np.log(gramian.diagonal()) / 2
    solution = root(lambda x: np.exp(x) * (gramian @ np.exp(x)) - 1, start, tol=1e-12)
    assert solution.success
    update = torch.from_numpy(np.exp(solution.x)).float() @ jacobian
    return update / update.norm()


def upgrad(jacobian):
    """The mean of each gradient's projection on the cone that opposes none, without regularizing.

    By Moreau, g's projection is g + Jᵀ w with the w ≥ 0 that makes it the shortest.
    """
    rows = jacobian.double().numpy()
    projected = [row + nnls(rows.T, -row)[0] @ rows for row in rows]
    return torch.from_numpy(np.mean(projected, axis=0)).float()


def moved(net, step):
    """Move the weights, so that every step has gradients of its own."""
    for number, parameter in enumerate(net.parameters()):
        parameter.data += 0.1 * torch.sin(torch.arange(parameter.numel()) + step + number).reshape(
            parameter.shape
        )


def test_every_aggregation_is_compared():
    kinds = {name for name, kind in BALANCINGS.items() if issubclass(kind, Aggregation)}
    assert kinds == set(AGGREGATORS)


@pytest.mark.parametrize("name", AGGREGATORS)
@pytest.mark.parametrize("seed", [0, 5])
def test_it_equals_the_reference_s_update_of_the_full_jacobian(name, seed):
    net, reference = Net(seed), AGGREGATORS[name]()
    balancer, rel = net.begin(name), 1e-3 if name == "upgrad" else 1e-5
    for step in range(4):
        jacobian = net.jacobian()
        torch.set_rng_state(balancer.generator.get_state())
        expected = reference(jacobian)
        net.zero_grad()
        net.requested.clear()
        outcome = balancer.backward(net.losses, TASKS)
        assert net.requested == [("a",), ("b",), ("c",)]
        close(net.update(), expected, rel=rel)
        weights = torch.tensor(list(outcome.weights.values()))
        close(weights @ jacobian, expected, rel=rel)
        close(outcome.gramian, jacobian.double() @ jacobian.T.double(), rel=1e-6)
        moved(net, step)


@pytest.mark.parametrize("name", AGGREGATORS)
def test_other_parameters_have_their_own_tasks_plain_gradients(name):
    net = Net()
    sum(net.loss(task) for task in TASKS).backward()
    expected = net.gradients()
    net.zero_grad()
    net.begin(name).backward(net.losses, TASKS)
    actual = net.gradients()
    assert set(actual) == set(expected)
    assert not torch.allclose(actual["shared.0"], expected["shared.0"])
    for key in ("map", "heads.a", "heads.b", "heads.c"):
        torch.testing.assert_close(actual[key], expected[key])


@pytest.mark.parametrize(
    ("spec", "rows", "gradient", "weights"),
    [
        # Gradients that agree are summed.
        ("pcgrad", [[1.0, 0.0], [1.0, 2.0], [0.0, 3.0]], [2, 5], [1, 1, 1]),
        # g_a · g_b = -1: a becomes (1, 0) + ½ (-1, 1) and b becomes (-1, 1) + (1, 0).
        ("pcgrad", OPPOSED, [0.5, 1.5], [2, 1.5]),
        ({"name": "pcgrad", "reduction": "mean"}, OPPOSED, [0.25, 0.75], [1, 0.75]),
        # The foot of the perpendicular on the hull of (2, 0) and (0, 1).
        ("mgda", [[2.0, 0.0], [0.0, 1.0]], [0.4, 0.8], [0.2, 0.8]),
        # Equal projections on both: 16/7.
        ("imtl_g", [[2.0, 0.0], [3.0, 4.0]], [16 / 7, 8 / 7], [5 / 7, 2 / 7]),
        # Orthogonal gradients are cut to the shortest, or to √(λ₁/2 + λ₂/2).
        ("aligned_mtl", [[4.0, 0.0], [0.0, 1.0]], [0.5, 0.5], [1 / 8, 1 / 2]),
        ({"name": "aligned_mtl", "scale": "rmse"}, [[4.0, 0.0], [0.0, 1.0]], [R, R], [R / 4, R]),
        # The projections of two opposed gradients are PCGrad's; UPGrad takes their mean.
        ("upgrad", OPPOSED, [0.25, 0.75], [1, 0.75]),
        # In a ball of radius 0 the mean.
        ({"name": "cagrad", "c": 0.0}, OPPOSED, [0, 0.5], [0.5, 0.5]),
    ],
)
def test_known_vectors(spec, rows, gradient, weights):
    rows = Rows(rows)
    outcome, actual = rows.step(rows.begin(spec))
    assert actual.tolist() == pytest.approx(gradient, abs=1e-3 if spec == "upgrad" else 1e-6)
    assert [*outcome.weights.values()] == pytest.approx(weights, abs=1e-3)


def test_pcgrad_s_order_is_the_seed_s_and_differs_from_step_to_step():
    # Three gradients that oppose each other, so that the order decides.
    rows = Rows([[1.0, 0.0, 0.0], [-0.6, 1.0, 0.0], [-0.5, -0.7, 1.0]])

    def updates(seed):
        balancer = rows.begin("pcgrad", seed=seed)
        return [rows.step(balancer)[1].tolist() for _ in range(12)]

    assert updates(1) == updates(1)
    assert updates(1) != updates(2)
    assert len({tuple(update) for update in updates(1)}) > 1


def test_cagrad_stays_in_its_ball_and_raises_the_worst_improvement():
    rows = Rows(OPPOSED)
    mean = rows.rows.mean(0)
    _, gradient = rows.step(rows.begin({"name": "cagrad", "c": 0.4}))
    assert (gradient - mean).norm() == pytest.approx(0.4 * mean.norm().item(), rel=1e-4)
    assert (rows.rows @ gradient).min() > (rows.rows @ mean).min()


@pytest.mark.parametrize("name", sorted(AGGREGATORS.keys() - {"nash"}))
def test_small_gradients_are_combined_as_large_ones(name):
    large, small = Rows(OPPOSED), Rows([[1e-4 * x for x in row] for row in OPPOSED])
    actual = [rows.step(rows.begin(name))[0].weights for rows in (large, small)]
    assert actual[1] == pytest.approx(actual[0], rel=1e-4)
    assert len(set(actual[1].values())) == 2


CROSSED = torch.tensor(
    [[1.0, 0.2, -0.5, 0.0], [-0.4, 0.3, 0.6, 0.1], [0.3, -0.7, 0.2, 1.0]], dtype=torch.float64
)


def weights_of(name, jacobian):
    balancer = Rows([[1.0]] * 3).begin(name)
    torch.manual_seed(0)
    weights = balancer.weigh(jacobian @ jacobian.T, TASKS)
    return weights, weights.double() @ jacobian


@pytest.mark.parametrize("name", sorted(AGGREGATORS.keys() - {"nash"}))
@pytest.mark.parametrize("scale", [1e-15, 1e-10, 1e-5, 1e5, 1e10, 1e15])
def test_weights_do_not_depend_on_the_gradients_unit(name, scale):
    weights, _ = weights_of(name, scale * CROSSED)
    torch.testing.assert_close(weights, weights_of(name, CROSSED)[0], rtol=1e-6, atol=0)


@pytest.mark.parametrize("name", AGGREGATORS)
@pytest.mark.parametrize("ratio", [0.0, *(10.0**-k for k in range(13))])
def test_a_task_with_a_far_shorter_gradient_leaves_an_update(name, ratio):
    jacobian = CROSSED * torch.tensor([[1.0], [1.0], [ratio]])
    weights, update = weights_of(name, jacobian)
    assert weights.isfinite().all()
    assert update.isfinite().all()
    assert update.any() or (name == "mgda" and ratio == 0), "the shortest combination is then 0"


@pytest.mark.parametrize("name", AGGREGATORS)
@pytest.mark.parametrize("ratio", [1e-1, 1e-3, 1e-6])
def test_gradients_in_fp32_are_combined_as_in_fp64(name, ratio):
    jacobian = CROSSED * torch.tensor([[1.0], [1.0], [ratio]], dtype=torch.float64)
    _, expected = weights_of(name, jacobian)
    torch.manual_seed(0)
    gramian = gramian_of([[row.float()] for row in jacobian])
    weights = Rows([[1.0]] * 3).begin(name).weigh(gramian, TASKS)
    close(weights.double() @ jacobian, expected, rel=1e-3)


@pytest.mark.parametrize("ratio", [1.0, 1e-3, 1e-8, 1e-12])
def test_imtl_g_projects_equally_on_gradients_of_any_length(ratio):
    jacobian = CROSSED * torch.tensor([[1.0], [1.0], [ratio]])
    weights, update = weights_of("imtl_g", jacobian)
    projections = jacobian @ update / jacobian.norm(dim=1)
    torch.testing.assert_close(projections, projections[:1].expand(3), rtol=1e-6, atol=0)
    assert weights.sum().item() == pytest.approx(1)


@pytest.mark.parametrize("ratio", [1.0, 0.03, 1e-3, 1e-8, 1e-12])
def test_upgrad_opposes_no_gradient_however_short(ratio):
    rows = torch.tensor([[1.0, 0.0, 0.0], [0.3, 1.0, 0.0], [-0.5, -0.3, 0.8]], dtype=torch.float64)
    jacobian = rows * torch.tensor([[1.0], [1.0], [ratio]])
    _, update = weights_of("upgrad", jacobian)
    cosines = jacobian @ update / jacobian.norm(dim=1) / update.norm()
    assert cosines.min() > -3e-4  # TorchJD's regularization; without the norms -0.12 at 0.03


def test_gradvac_of_a_first_step_is_pcgrad_and_then_has_a_goal():
    rows = Rows(OPPOSED)
    balancer = rows.begin({"name": "gradvac", "beta": 1.0})
    _, gradient = rows.step(balancer)
    assert gradient.tolist() == pytest.approx([0.5, 1.5])
    # The goal is now the cosine -1/√2 of the last step: nothing to mend.
    _, gradient = rows.step(balancer)
    assert gradient.tolist() == pytest.approx([0, 1], abs=1e-6)


def test_nash_s_gain_is_the_inverse_of_its_weight():
    rows = Rows([[2.0, 0.0], [0.5, 1.0]])
    outcome, gradient = rows.step(rows.begin({"name": "nash", "max_norm": 0.0}))
    weights = torch.tensor(list(outcome.weights.values()), dtype=torch.float64)
    assert (outcome.gramian @ weights * weights).tolist() == pytest.approx([1, 1], rel=1e-5)
    assert gradient.norm() == pytest.approx(2**0.5)
    outcome, gradient = rows.step(rows.begin({"name": "nash", "max_norm": 0.1}))
    assert gradient.norm() == pytest.approx(0.1)


@pytest.mark.parametrize("scale", [1e-15, 1e-10, 1e-5, 1, 1e5, 1e10, 1e15])
@pytest.mark.parametrize("ratio", [1.0, 1e-6, 1e-12])
def test_nash_s_update_depends_on_no_gradient_s_length(scale, ratio):
    lengths = scale * torch.tensor([[1.0], [1.0], [ratio]], dtype=torch.float64)
    _, expected = weights_of("nash", CROSSED)
    torch.testing.assert_close(weights_of("nash", lengths * CROSSED)[1], expected)


@pytest.mark.parametrize("rest", [0.0, 1e-9, 1e-6])
def test_nash_s_update_is_no_rounding_noise_where_gradients_cancel(rest):
    first, third = torch.tensor([[1.0, 0.0, rest], [0.0, 1.0, 0.0]], dtype=torch.float64)
    _, update = weights_of("nash", torch.stack([first, -first + rest, third]))
    assert (update / update.norm() - third).norm() < 2e-3


@pytest.mark.parametrize("excess", [1e-8, 1e-6, 1e-4])
def test_nash_takes_a_gramian_that_rounding_made_indefinite(excess):
    cosine = -1 - excess
    gramian = torch.tensor([[1.0, cosine, 0], [cosine, 1, 0], [0, 0, 4]], dtype=torch.float64)
    weights = Rows([[1.0]] * 3).begin("nash").weigh(gramian, TASKS)
    assert weights.isfinite().all()
    assert weights[0] == pytest.approx(weights[1].item())
    assert (weights > 0).all()


@pytest.mark.parametrize("count", [2, 20])
def test_nash_is_solved_in_a_few_steps_where_gradients_cancel(count, monkeypatch):
    steps = []
    solve = torch.linalg.solve
    monkeypatch.setattr(torch.linalg, "solve", lambda *a: steps.append(a) or solve(*a))
    cosines = torch.full((count, count), -1 / (count - 1), dtype=torch.float64).fill_diagonal_(1)
    weights = bargain(cosines)
    torch.testing.assert_close(weights, weights[:1].expand(count), rtol=1e-6, atol=0)
    assert len(steps) < 60


@pytest.mark.parametrize("name", AGGREGATORS)
def test_zero_gradients_give_finite_updates_and_equal_ones_stay_in_their_direction(name):
    for rows in ([[0.0, 0.0], [1.0, 1.0], [1.0, -2.0]], [[0.0, 0.0]] * 3, [[3.0, 4.0]] * 3):
        rows = Rows(rows)
        _, gradient = rows.step(rows.begin(name))
        assert gradient.isfinite().all()
    assert (gradient / gradient.norm()).tolist() == pytest.approx([0.6, 0.8], abs=1e-4)


@pytest.mark.parametrize("name", AGGREGATORS)
def test_nan_stays_nan(name):
    rows = Rows([[float("nan"), 0.0], [1.0, 1.0], [1.0, -2.0]])
    outcome, gradient = rows.step(rows.begin(name))
    assert gradient.isnan().any()
    assert set(outcome.weights.values()) == {1.0}


@pytest.mark.parametrize("name", AGGREGATORS)
def test_one_task_alone_is_a_plain_step(name):
    net = Net()
    net.loss("b").backward()
    expected = net.gradients()
    net.zero_grad()
    net.begin(name).backward(net.losses, ("b",))
    torch.testing.assert_close(net.gradients(), expected)


def test_the_gramian_of_many_pieces():
    generator = torch.Generator().manual_seed(0)
    size = 2 * PIECE + 17
    rows = [
        [torch.randn(size, generator=generator) + mean, torch.randn(3, 5, generator=generator)]
        for mean in (0.0, 0.01, -0.01)
    ]
    rows[1][1] = None
    flat = torch.stack(
        [
            torch.cat([a.flatten(), (torch.zeros(15) if b is None else b).flatten()]).double()
            for a, b in rows
        ]
    )
    torch.testing.assert_close(gramian_of(rows), flat @ flat.T, rtol=1e-5, atol=1e-2)


def test_a_gradient_whose_square_underflows_is_as_none():
    assert gramian_of([[torch.ones(2)], [torch.full((2,), -1e-24)]]).tolist() == [[2, 0], [0, 0]]


def test_nothing_is_copied_to_combine():
    shared = [torch.nn.Parameter(torch.zeros(size)) for size in (3, 2, 1)]
    first, second = [torch.ones(3), None, None], [torch.ones(3), torch.ones(2), None]
    combine(shared, [first, second], [2.0, 3.0])
    assert shared[0].grad is first[0]
    assert shared[1].grad is second[1]
    assert [p.grad if p.grad is None else p.grad.tolist() for p in shared] == [
        [5] * 3,
        [3] * 2,
        None,
    ]


def test_cosines_and_norms_by_hand():
    jacobian = torch.tensor([[3.0, 4.0], [0.0, -2.0], [10.0, 0.0]])
    assert gradient_pairs(jacobian @ jacobian.T, TASKS) == [
        ("a", "b", pytest.approx(-0.8), 5, 2),
        ("a", "c", pytest.approx(0.6), 5, 10),
        ("b", "c", 0, 2, 10),
    ]
    zero = gradient_pairs(torch.diag(torch.tensor([0.0, 4.0, 1.0])), TASKS)
    assert [pair.cosine for pair in zero] == [None, None, 0]
