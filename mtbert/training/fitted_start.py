"""Heads that start fitted to the encoder's features: linear probing, then fine-tuning (LP-FT).

Kumar et al. (2022), section 3: under a random head the first updates distort the features. Nor does
a random linear layer reach in a few hundred updates what its features hold.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.functional import hessian

from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.packing import TokenBatch
from mtbert.modeling.vectors import VectorBatch, VectorPair
from mtbert.training.batches import stream
from mtbert.training.losses import TaskData

EXAMPLES = (
    4096  # at most, of a task: a tenth of the time of an epoch of ours, without backward passes
)
BATCH_SIZE = 64
PENALTY = 0.2  # of squared weights of standardized features, where the loss is a squared error


def fit_heads(
    model: MultiTaskModel,
    tasks: Mapping[str, TaskData],
    *,
    collate: Callable[[Mapping[str, np.ndarray]], TokenBatch | VectorBatch],
    autocast: Callable[[], AbstractContextManager[Any]],
    seed: int,
) -> dict[str, int]:
    """Fit the last layer of every head with `start: fitted`, in place; arguments: `TaskLosses`.

    The features are those of the model as it is, without dropout: it is left in mode eval. Examples
    are drawn with the seed as training draws them, of each class as many where it does. torch's
    random states stay.

    Returns:
        How many examples each of these heads was fitted to.
    """
    model.eval()
    counts = {}
    for task, data in tasks.items():
        if model.settings.heads[task].start != "fitted":
            continue
        rows = drawn_rows(task, data, seed)
        parts = [rows[start : start + BATCH_SIZE] for start in range(0, len(rows), BATCH_SIZE)]
        with torch.no_grad(), autocast():
            pairs = [model(collate({task: part}), with_vectors=True)[task][1] for part in parts]
        u = torch.cat([u for u, _ in pairs]).float()
        v = None if pairs[0][1] is None else torch.cat([v for _, v in pairs]).float()
        labels = data.labels[torch.from_numpy(rows).to(data.labels.device)]
        fit_last_layer(model.heads[task], (u, v), labels, data.loss(task, seed=seed))
        counts[task] = len(rows)
    return counts


def drawn_rows(task: str, data: TaskData, seed: int) -> np.ndarray:
    """The rows of a task that its head is fitted to, (example,)."""
    redrawn = data.subset is not None and data.subset.redraw == "epoch"
    drawn_from = np.arange(len(data.labels)) if redrawn else data.rows(task, seed=seed, epoch=0)
    return data.ordered(drawn_from, stream(seed, f"start of {task}"))[:EXAMPLES]


def fit_last_layer(
    head: nn.Module,
    vectors: VectorPair,
    labels: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
) -> None:
    """Minimize the objective and an L2 penalty by the last linear layer: ridge, or logistic.

    The penalty, of weights on standardized features, is `PENALTY` times half the curvature that the
    loss has by the logits of the best constant, so that no unit counts: of squared errors, that is
    ridge regression. Features that do not vary get no weight.

    Args:
        head: A linear or MLP head in mode eval.
        vectors: What it is given, (example, size) each.
        labels: (example,).
        loss: Of logits (example, width) and labels.
    """
    modules = list(head.children())
    place, layer = [(i, it) for i, it in enumerate(modules) if isinstance(it, nn.Linear)][-1]
    after = nn.Sequential(*modules[place + 1 :])
    with torch.no_grad():
        x, center, scale = _standardized(nn.Sequential(*modules[:place])(vectors))
    weight = torch.zeros_like(layer.weight, requires_grad=True)
    bias = torch.zeros_like(layer.bias, requires_grad=True)

    def value(penalty: float) -> Tensor:
        logits = after(nn.functional.linear(x, weight, bias))
        return loss(logits, labels) + penalty * weight.square().sum()

    def of_constant(logits: Tensor) -> Tensor:
        return loss(after(logits.expand(len(x), -1)), labels)

    _minimize(partial(value, 0.0), [bias])
    second: Tensor = hessian(of_constant, bias.detach())  # type: ignore[no-untyped-call]
    penalty = PENALTY * float(second.trace()) / (2 * len(bias))
    _minimize(partial(value, penalty), [weight, bias])
    with torch.no_grad():
        layer.weight.copy_(weight / scale)
        layer.bias.copy_(bias - layer.weight @ center)


def _standardized(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Features with mean 0 and deviation 1, their mean and scale: inf of those that do not vary."""
    deviation, center = torch.std_mean(x, 0, correction=0)
    scale = deviation.where(deviation > 1e-6 * x.abs().amax(0), torch.inf)
    return (x - center) / scale, center, scale


def _minimize(value: Callable[[], Tensor], parameters: list[Tensor]) -> None:
    """Minimize a value by parameters, in place."""
    optimizer = torch.optim.LBFGS(parameters, max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> float:
        now = value()
        gradients = torch.autograd.grad(now, parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        return float(now.detach())

    optimizer.step(closure)  # type: ignore[no-untyped-call]
