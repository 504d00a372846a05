"""Gradient vaccine: surgery towards the usual cosine of two tasks, not towards 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mtbert.training.balancing.aggregator import Aggregation, Aggregator, unit
from mtbert.training.balancing.balancing import Setup

if TYPE_CHECKING:
    from torch import Tensor
    from torchjd.aggregation import GradVacWeighting


class GradVac(Aggregation):
    """Where the cosine of g_i and g_j is below its running mean φ_ij, add of g_j until it is φ_ij.

    Wang et al. (2021), equations 3 and 4, the tasks j in random order, on the whole of the shared
    parameters. φ starts at 0 and goes φ ← (1 - β) φ + β cos; TorchJD's default of β.
    """

    beta: Annotated[float, Field(ge=0, le=1)] = 0.5

    def weighting(self) -> GradVacWeighting:
        """Make the weighting, with φ at 0."""
        from torchjd.aggregation import GradVacWeighting

        return GradVacWeighting(beta=self.beta)

    def begin(self, setup: Setup) -> Vaccine:
        """Start a run."""
        return Vaccine(self, setup)


class Vaccine(Aggregator):
    """Keeps φ, (task, task), for each set of tasks that steps have."""

    def __init__(self, method: GradVac, setup: Setup) -> None:
        super().__init__(setup)
        self.method = method
        self.kept: dict[tuple[str, ...], GradVacWeighting] = {}

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Give w, (task,), and move φ."""
        weighting = self.kept.setdefault(tuple(tasks), self.method.weighting())
        return weighting(unit(gramian))

    def state_dict(self) -> dict[str, Any]:
        """Give φ as well."""
        states = {" ".join(tasks): item.state_dict() for tasks, item in self.kept.items()}
        kept = {key: {name: t.clone() for name, t in item.items()} for key, item in states.items()}
        return {**super().state_dict(), "phi": kept}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a state."""
        import torch

        super().load_state_dict(state)
        self.kept = {}
        for key, phi in state["phi"].items():
            tasks = tuple(key.split())
            with torch.random.fork_rng(devices=[]):
                # It has no φ to load into before its first step.
                self.weigh(torch.eye(len(tasks)), tasks)
            self.kept[tasks].load_state_dict(phi)
