"""Nash-MTL: the update is the Nash bargaining solution of the tasks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mtbert.training.balancing.aggregator import Aggregation, Aggregator
from mtbert.training.balancing.balancing import Setup

if TYPE_CHECKING:
    from torch import Tensor
    from torchjd.aggregation import NashMTL


class Nash(Aggregation):
    """w > 0 with G w = 1/w, each task's gain the inverse of its weight (Navon et al. 2022).

    Solved by the authors' sequence of convex problems, which starts from the last solution. It
    takes tens of milliseconds: every `every`-th step solves, the others reuse the weights (the
    authors' `update_weights_every`). The update is clipped to norm `max_norm` (0: no clipping).

    As in TorchJD, where a problem has no solution (as happens with strong conflicts in the first
    steps) the weights stay as they were, 1 at the start: such a step is the sum's. steps.csv has
    every step's weights.
    """

    max_norm: Annotated[float, Field(ge=0)] = 1.0
    every: Annotated[int, Field(gt=0)] = 1
    iterations: Annotated[int, Field(gt=0)] = 20

    def begin(self, setup: Setup) -> NashAggregator:
        """Start a run."""
        return NashAggregator(self, setup)


class NashAggregator(Aggregator):
    """Keeps, for each set of tasks that steps have, a solver, its weights and a count of steps."""

    method: Nash
    state = ("solved", "seen")

    def __init__(self, method: Nash, setup: Setup) -> None:
        super().__init__(method, setup)
        self.solvers: dict[str, NashMTL] = {}
        self.solved: dict[str, Tensor] = {}
        self.seen: dict[str, int] = {}

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Give w, (task,), newly solved or reused, for an update Jᵀ w clipped to `max_norm`."""
        key = " ".join(tasks)
        seen = self.seen[key] = self.seen.get(key, 0) + 1
        if (seen - 1) % self.method.every == 0:
            self.solved[key] = self.solve(key, gramian)
        weights, longest = self.solved[key], self.method.max_norm
        norm = (weights @ gramian.to(weights.dtype) @ weights).clamp(min=0).sqrt()
        return weights * (longest / norm) if longest and norm > longest else weights

    def solve(self, key: str, gramian: Tensor) -> Tensor:
        """Give w before clipping, (task,), by TorchJD's solver; clipping and counting are ours."""
        import torch
        from torchjd.aggregation import NashMTL

        solver = self.solvers.get(key)
        if solver is None:
            size, iterations = len(gramian), self.method.iterations
            solver = NashMTL(size, max_norm=0.0, update_weights_every=1, optim_niter=iterations)
            self.solvers[key] = solver
            if key in self.solved:  # by the run that this one resumes
                solver.weighting.prvs_alpha = self.solved[key].numpy()
        values, vectors = torch.linalg.eigh(gramian.double())
        # It takes a Jacobian; any F with F Fᵀ = G has the same weights.
        factor = vectors * values.clamp(min=0).sqrt()
        with warnings.catch_warnings():
            # cvxpy warns that the problem is not parametrized as it prefers, and numpy of a
            # division by the gradient of a task that has none.
            warnings.simplefilter("ignore")
            weights: Tensor = solver.weighting(factor)
        if not (weights > 0).all():  # the solver failed, on gradients of very unlike lengths
            weights = self.solved.get(key, torch.ones(len(gramian), dtype=torch.float64))
            solver.weighting.prvs_alpha = weights.numpy()
        return weights
