"""How the tasks' gradients lie to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class GradientPair:
    """The gradients of two tasks in one step."""

    first: str
    second: str
    cosine: float | None  # None where one of them is 0
    norm_first: float
    norm_second: float


def gradient_pairs(gramian: Tensor, tasks: Sequence[str]) -> list[GradientPair]:
    """Tell of every two tasks how their gradients lie to each other.

    Args:
        gramian: G = J Jᵀ of the tasks' gradients, (task, task).
        tasks: The tasks' names, in its order.
    """
    product = gramian.double().cpu()
    norms = product.diagonal().clamp(min=0).sqrt().tolist()
    told = []
    for i, j in combinations(range(len(tasks)), 2):
        length = norms[i] * norms[j]
        cosine = float(product[i, j]) / length if length > 0 else None
        told.append(GradientPair(tasks[i], tasks[j], cosine, norms[i], norms[j]))
    return told
