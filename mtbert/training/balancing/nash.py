"""Nash-MTL: the update is the Nash bargaining solution of the tasks."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

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

    def solver(self, count: int) -> NashMTL:
        """Build TorchJD's solver for a number of tasks; clipping and counting are ours."""
        from torchjd.aggregation import NashMTL

        return NashMTL(count, max_norm=0.0, update_weights_every=1, optim_niter=self.iterations)

    def solve(self, solver: NashMTL, gramian: Tensor) -> Tensor:
        """Give w before clipping, (task,)."""
        import torch

        values, vectors = torch.linalg.eigh(gramian.double())
        # It takes a Jacobian; any F with F Fᵀ = G has the same weights.
        factor = vectors * values.clamp(min=0).sqrt()
        with warnings.catch_warnings():
            # cvxpy warns that the problem is not parametrized as it prefers, and numpy of a
            # division by the gradient of a task that has none.
            warnings.simplefilter("ignore")
            weights: Tensor = solver.weighting(factor)
        return weights

    def clipped(self, weights: Tensor, gramian: Tensor) -> Tensor:
        """Clip the update Jᵀ w, of norm √(wᵀ G w), to `max_norm`."""
        if self.max_norm == 0:
            return weights
        norm = (weights @ gramian.to(weights.dtype) @ weights).clamp(min=0).sqrt()
        return weights * (self.max_norm / norm) if norm > self.max_norm else weights

    def begin(self, setup: Setup) -> NashAggregator:
        """Start a run."""
        return NashAggregator(self, setup)


class NashAggregator(Aggregator):
    """Keeps, for each set of tasks that steps have, a solver, its weights and a count of steps."""

    method: Nash

    def __init__(self, method: Nash, setup: Setup) -> None:
        super().__init__(method, setup)
        self.solvers: dict[tuple[str, ...], NashMTL] = {}
        self.solved: dict[tuple[str, ...], Tensor] = {}
        self.seen: dict[tuple[str, ...], int] = {}

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Give w, (task,), newly solved or reused."""
        key = tuple(tasks)
        seen = self.seen[key] = self.seen.get(key, 0) + 1
        if (seen - 1) % self.method.every == 0:
            solver = self.solvers.setdefault(key, self.method.solver(len(key)))
            self.solved[key] = self.method.solve(solver, gramian)
        return self.method.clipped(self.solved[key], gramian)

    def state_dict(self) -> dict[str, Any]:
        """Give weights and counts as well: the next problem starts from the last weights."""
        weights = {" ".join(key): value.clone() for key, value in self.solved.items()}
        seen = {" ".join(key): count for key, count in self.seen.items()}
        return {**super().state_dict(), "weights": weights, "seen": seen}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load what `state_dict` gave."""
        super().load_state_dict(state)
        self.solved = {tuple(key.split()): w.clone() for key, w in state["weights"].items()}
        self.seen = {tuple(key.split()): count for key, count in state["seen"].items()}
        self.solvers = {key: self.method.solver(len(key)) for key in self.solved}
        for key, solver in self.solvers.items():
            solver.weighting.prvs_alpha = self.solved[key].numpy()
