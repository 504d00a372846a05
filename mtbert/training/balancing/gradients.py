"""The tasks' gradients of the shared parameters: kept apart, multiplied, combined.

A task's gradient is a list with a tensor for each shared parameter, or None where its loss does not
reach it. Nothing is copied: T tasks hold T gradients of the shared parameters at once, and the
combined one is written over the first.
"""

from collections.abc import Sequence
from itertools import combinations_with_replacement

import torch
from torch import Tensor, nn

Gradient = list[Tensor | None]

# Numbers in a piece of a dot product: 1 MiB of fp32, so that a piece of every task stays in the
# cache. Long sums in fp32 lose digits: of 2·10^7 numbers a task, one matrix product was off by 3e-3
# where pieces, summed in fp64, are by 1e-6.
PIECE = 2**18


def take(shared: Sequence[nn.Parameter]) -> Gradient:
    """Take the gradients away from the shared parameters."""
    gradient: Gradient = [parameter.grad for parameter in shared]
    for parameter in shared:
        parameter.grad = None
    return gradient


def give(shared: Sequence[nn.Parameter], gradient: Gradient) -> None:
    """Make a gradient that of the shared parameters."""
    for parameter, part in zip(shared, gradient, strict=True):
        parameter.grad = part


def gramian(gradients: Sequence[Gradient]) -> Tensor:
    """Multiply every two tasks' gradients: G = J Jᵀ, (task, task) float64 on the CPU."""
    count = len(gradients)
    found: dict[tuple[int, int], list[Tensor]] = {}
    for parts in zip(*gradients, strict=True):
        there = {task: part for task, part in enumerate(parts) if part is not None}
        for pieces in zip(*(part.flatten().split(PIECE) for part in there.values()), strict=True):
            pairs = combinations_with_replacement(zip(there, pieces, strict=True), 2)
            for (i, first), (j, second) in pairs:
                found.setdefault((i, j), []).append(torch.dot(first, second))
    product = torch.zeros(count, count, dtype=torch.float64)
    for (i, j), sums in found.items():
        product[i, j] = product[j, i] = torch.stack(sums).double().sum().item()
    return product


def combine(gradients: Sequence[Gradient], weights: Sequence[float]) -> Gradient:
    """Give Σ_t w_t g_t, written over the gradients that are given."""
    combined: Gradient = []
    for parts in zip(*gradients, strict=True):
        total: Tensor | None = None
        for part, weight in zip(parts, weights, strict=True):
            if part is None:
                continue
            if total is None:
                total = part if weight == 1 else part.mul_(weight)
            else:
                total.add_(part, alpha=weight)
        combined.append(total)
    return combined
