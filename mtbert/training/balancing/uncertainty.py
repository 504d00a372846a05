"""Uncertainty weighting: weights learned as the noise of each task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mtbert.training.balancing.balancing import Balancing, Setup
from mtbert.training.balancing.scalarizer import Scalarizer

if TYPE_CHECKING:
    from torch import Tensor


class Uncertainty(Balancing):
    """Σ_t (a_t e^(-s_t) L_t + s_t/2), s_t = log σ_t² learned; a_t = ½ for a squared error, else 1.

    Kendall et al. (2018), equations 7 and 10: Gaussian noise makes L/(2σ²) + log σ of a squared
    error, a softmax of temperature σ² about L/σ² + log σ of a cross-entropy. The s_t start at 0,
    without weight decay or clipping, and have a learning rate of their own: at an encoder's they
    would hardly move.
    """

    learning_rate: Annotated[float, Field(gt=0)] = 1e-3

    def begin(self, setup: Setup) -> UncertaintyScalarizer:
        """Start a run."""
        return UncertaintyScalarizer(self, setup)


class UncertaintyScalarizer(Scalarizer):
    """Learns the log-variances s_t of a run."""

    def __init__(self, method: Uncertainty, setup: Setup) -> None:
        import torch
        from torch import nn

        super().__init__(method, setup)
        # One parameter a task: AdamW skips those whose task is not in the step.
        self.log_variances = {
            task: nn.Parameter(torch.zeros((), device=setup.device)) for task in setup.tasks
        }

    def weights(self, tasks: Sequence[str]) -> Mapping[str, float]:
        """Give a_t e^(-s_t)."""
        return {task: float(self._weight(task).detach()) for task in tasks}

    def term(self, task: str, loss: Tensor, weight: float) -> Tensor:
        """Give a_t e^(-s_t) L_t + s_t/2, through which s_t learns."""
        return self._weight(task) * loss + self.log_variances[task] / 2

    def _weight(self, task: str) -> Tensor:
        half = 0.5 if task in self.setup.regressions else 1.0
        weight: Tensor = half * (-self.log_variances[task]).exp()
        return weight

    def groups(self) -> list[dict[str, Any]]:
        """The log-variances, without decay."""
        peak, params = self.method.learning_rate, list(self.log_variances.values())
        return [{"params": params, "weight_decay": 0.0, "peak": peak}]

    def state_dict(self) -> dict[str, Any]:
        """Give the log-variances as well."""
        values = {task: value.detach().clone() for task, value in self.log_variances.items()}
        return {**super().state_dict(), "log_variances": values}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load what `state_dict` gave; the parameters stay the same objects."""
        super().load_state_dict(state)
        for task, value in state["log_variances"].items():
            self.log_variances[task].data.copy_(value)
