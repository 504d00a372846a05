"""Per-task gradients of the shared parameters: their Gramian, cosines and combination.

A task's gradient is a list with a tensor for each shared parameter, or None where its loss does not
reach it. Nothing is copied: T tasks hold T gradients of the shared parameters at once, and the
combined one is written over the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, combinations_with_replacement
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor, nn

Gradient: TypeAlias = "list[Tensor | None]"

# Numbers in a piece of a dot product: 1 MiB of fp32, so that a piece of every task stays in the
# cache. Long sums in fp32 lose digits: of 2·10^7 numbers a task, one matrix product was off by 3e-3
# where pieces, summed in fp64, are by 1e-6.
PIECE = 2**18


def detach_gradient(shared: Sequence[nn.Parameter]) -> Gradient:
    """Return the gradients of the shared parameters, and clear them."""
    gradient: Gradient = [parameter.grad for parameter in shared]
    for parameter in shared:
        parameter.grad = None
    return gradient


def gramian_of(gradients: Sequence[Gradient]) -> Tensor:
    """Multiply the gradients of every two tasks: G = J Jᵀ, (task, task) float64 on the CPU."""
    import torch

    sums: dict[tuple[int, int], list[Tensor]] = {}
    for parts in zip(*gradients, strict=True):
        reached = {task: part for task, part in enumerate(parts) if part is not None}
        for pieces in zip(*(part.flatten().split(PIECE) for part in reached.values()), strict=True):
            pairs = combinations_with_replacement(zip(reached, pieces, strict=True), 2)
            for (i, first), (j, second) in pairs:
                sums.setdefault((i, j), []).append(torch.dot(first, second))
    gramian = torch.zeros(len(gradients), len(gradients), dtype=torch.float64)
    if sums:
        # Read in one go: on a GPU each reading waits for all work before it.
        read = torch.stack([torch.stack(products).double().sum() for products in sums.values()])
        for (i, j), product in zip(sums, read.cpu(), strict=True):
            gramian[i, j] = gramian[j, i] = product
    # The square of a gradient may underflow where a product with another one does not.
    gone = gramian.diagonal() == 0
    gramian[gone], gramian[:, gone] = 0, 0
    return gramian


def combine(
    shared: Sequence[nn.Parameter], gradients: Sequence[Gradient], weights: Sequence[float]
) -> None:
    """Set the shared parameters' gradients to Σ_t w_t g_t, written over the g_t."""
    for parameter, *parts in zip(shared, *gradients, strict=True):
        total: Tensor | None = None
        for part, weight in zip(parts, weights, strict=True):
            if part is None:
                continue
            if total is None:
                total = part if weight == 1 else part.mul_(weight)
            else:
                total.add_(part, alpha=weight)
        parameter.grad = total


class GradientPair(NamedTuple):
    """The gradients of two tasks in one step."""

    first: str
    second: str
    cosine: float | None  # None where one of them is 0
    norm_first: float
    norm_second: float


def gradient_pairs(gramian: Tensor, tasks: Sequence[str]) -> list[GradientPair]:
    """Give the cosine and norms of the gradients of every two tasks, of their Gramian J Jᵀ."""
    norms = gramian.diagonal().clamp(min=0).sqrt().tolist()
    pairs = []
    for i, j in combinations(range(len(tasks)), 2):
        length = norms[i] * norms[j]
        cosine = float(gramian[i, j]) / length if length > 0 else None
        pairs.append(GradientPair(tasks[i], tasks[j], cosine, norms[i], norms[j]))
    return pairs
