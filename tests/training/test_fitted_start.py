"""The start of heads that are fitted, against ridge regression in closed form."""

from dataclasses import replace

import pytest
import torch

from mtbert.core.registry import build
from mtbert.core.tasks import Binary, Classes, Similarity
from mtbert.modeling.heads import HEADS
from mtbert.training.batches import Subset
from mtbert.training.fitted_start import PENALTY, drawn_rows, fit_last_layer
from mtbert.training.losses import TaskData
from mtbert.training.objectives import OBJECTIVES

RANGE = Similarity(kind="similarity", low=1, high=6)
GENERATOR = torch.Generator().manual_seed(0)
# A direction of little variance, and a mean far from zero
U = torch.randn(60, 3, generator=GENERATOR) * torch.tensor([1.0, 0.01, 5.0]) + 2
V = torch.randn(60, 3, generator=GENERATOR)
SIMILARITY = (3 + 40 * (U[:, 1] - 2) + V[:, 0]).clamp(1, 6)


def fitted(spec, labels, targets, *, objective="squared_error", u=U, v=V):
    """A head, fitted, and the loss that it was fitted by."""
    torch.manual_seed(0)
    head = build(HEADS, spec, what="head").build(size=3, labels=labels, paired=v is not None)
    loss = build(OBJECTIVES, objective, what="objective").build(
        bounds=labels.bounds, targets=targets
    )
    fit_last_layer(head.eval(), (u, v), targets, loss)
    return head, loss


@pytest.mark.parametrize("factor", [1, 20])
@pytest.mark.parametrize("unit", ["range", "label"])
def test_squared_error_is_ridge_regression_in_any_unit(unit, factor):
    labels = Similarity(kind="similarity", low=factor, high=6 * factor)
    y = SIMILARITY * factor
    head, _ = fitted("linear", labels, y, objective={"name": "squared_error", "unit": unit})
    x = torch.cat([U, V, (U - V).abs()], 1).double()
    x = (x - x.mean(0)) / x.std(0, correction=0)
    y = y.double()
    weight = torch.linalg.solve(x.T @ x / 60 + PENALTY * torch.eye(9), x.T @ (y - y.mean()) / 60)
    expected = (x @ weight + y.mean()).float()
    torch.testing.assert_close(head((U, V)).squeeze(1), expected, atol=2e-3 * factor, rtol=0)


THREE, BINARY = Classes(kind="classes", count=3), Binary(kind="binary")
SIGN = (U[:, 0] + V[:, 1] > 2).float()
CASES = [
    ("linear", THREE, SIGN + (V[:, 2] > 0), "cross_entropy"),
    ("linear", BINARY, SIGN, "binary_cross_entropy"),
    ({"name": "linear", "logits": 2}, BINARY, SIGN, "cross_entropy"),
    ({"name": "linear", "range": "sigmoid"}, RANGE, SIMILARITY, "squared_error"),
    ({"name": "mlp", "layers": 2, "hidden_size": 8}, RANGE, SIMILARITY, "squared_error"),
]


@pytest.mark.parametrize(("spec", "labels", "targets", "objective"), CASES, ids=str)
def test_every_objective_falls_well_below_a_constant_s(spec, labels, targets, objective):
    head, loss = fitted(spec, labels, targets, objective=objective)
    constant, _ = fitted(
        spec, labels, targets, objective=objective, u=torch.ones_like(U), v=torch.ones_like(V)
    )
    same = constant((torch.ones_like(U), torch.ones_like(V)))
    assert loss(head((U, V)), targets) < 0.8 * loss(same, targets)
    assert torch.equal(same, same[:1].expand_as(same)), "a constant has one prediction"


def test_rows_are_drawn_as_training_draws_them():
    labels = torch.zeros(400)
    labels[:20] = 1
    options = {"labels": labels, "bounds": (0.0, 1.0), "ids": [], "objective": None}
    plain = TaskData(**options, batch_size=32, terms=[], subset=None)
    rows = drawn_rows("para", plain, 1)
    assert sorted(rows) == list(range(400))
    half = drawn_rows("para", replace(plain, balanced=True), 1)
    assert len(half) == 400
    assert 0.4 < labels[half].mean() < 0.6
    few = replace(plain, balanced=True, subset=Subset(count=100))
    assert set(drawn_rows("para", few, 1)) <= set(few.rows("para", seed=1, epoch=0))
    redrawn = replace(few, subset=Subset(count=100, redraw="epoch"))
    assert len(set(drawn_rows("para", redrawn, 1))) > 150  # of all 400, half of them twenty rows


def test_features_that_do_not_vary_get_no_weight_and_the_mean_is_predicted():
    ones = torch.ones(60, 3)
    head, _ = fitted("linear", RANGE, SIMILARITY, u=ones, v=None)
    assert not head[-1].weight.any()
    torch.testing.assert_close(head[-1].bias, SIMILARITY.mean()[None])
