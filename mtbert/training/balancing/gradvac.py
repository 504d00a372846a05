"""Gradient vaccine: moves conflicting gradients towards the usual cosine of their tasks, not 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mtbert.training.balancing.aggregator import Aggregation, Aggregator, unit_trace
from mtbert.training.balancing.balancing import Setup

if TYPE_CHECKING:
    from torch import Tensor
    from torchjd.aggregation import GradVacWeighting


class GradVac(Aggregation):
    """Where the cosine of g_i and g_j is below its running mean φ_ij, add of g_j until it is φ_ij.

    Wang et al. (2021), equations 3 and 4, the tasks j in random order, on the whole of the shared
    parameters. φ starts at 0; φ ← (1 - β) φ + β cos, with TorchJD's default of β.
    """

    beta: Annotated[float, Field(ge=0, le=1)] = 0.5

    def begin(self, setup: Setup) -> GradVacAggregator:
        """Start a run."""
        return GradVacAggregator(self, setup)


class GradVacAggregator(Aggregator):
    """Keeps a weighting, with its φ (task, task), for each set of tasks that steps have."""

    method: GradVac

    def __init__(self, method: GradVac, setup: Setup) -> None:
        super().__init__(method, setup)
        self.weightings: dict[str, GradVacWeighting] = {}

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Give w, (task,), and update φ."""
        from torchjd.aggregation import GradVacWeighting

        new = GradVacWeighting(beta=self.method.beta)
        return self.weightings.setdefault(" ".join(tasks), new)(unit_trace(gramian))

    def state_dict(self) -> dict[str, Any]:
        """Give φ as well."""
        phi = {
            key: {name: value.clone() for name, value in item.state_dict().items()}
            for key, item in self.weightings.items()
        }
        return {**super().state_dict(), "phi": phi}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load what `state_dict` gave."""
        import torch

        super().load_state_dict(state)
        self.weightings = {}
        for key, phi in state["phi"].items():
            tasks = key.split()
            with torch.random.fork_rng(devices=[]):
                # A weighting has no φ to load into before its first step.
                self.weigh(torch.eye(len(tasks), dtype=torch.float64), tasks)
            self.weightings[key].load_state_dict(phi)
