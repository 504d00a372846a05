"""The room of optimizers: how a gradient moves the weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mtbert.core.params import Settings

if TYPE_CHECKING:
    import torch

Beta = Annotated[float, Field(ge=0, lt=1)]


class OptimizerMethod(Settings, ABC):
    """A method with moments m and v, of g and g², and a step of length about the learning rate."""

    betas: tuple[Beta, Beta] = (0.9, 0.999)  # of m and v
    epsilon: Annotated[float, Field(gt=0)] = 1e-8  # added to √v

    @abstractmethod
    def build(self, groups: Sequence[dict[str, Any]]) -> torch.optim.Optimizer:
        """Start a run.

        Args:
            groups: Of parameters: `params`, their `weight_decay`, their largest learning rate
                `peak`, and whatever else the caller keeps there. Learning rates begin at `peak`.
        """

    def options(self, groups: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """What torch's own classes of the kind are called with."""
        params = [{**group, "lr": group["peak"]} for group in groups]
        return {"params": params, "betas": self.betas, "eps": self.epsilon, "fused": True}


class Adam(OptimizerMethod):
    """Adam (Kingma & Ba 2015), with weight decay as an L2 term of the loss: g ← g + λ θ.

    The decay passes through the moments and is divided by √v with the rest: weights whose gradients
    are large shrink less, and where there is no gradient θ moves towards 0 by about the learning
    rate, however small λ is. The gradient's norm is clipped before λ θ is added.
    """

    def build(self, groups: Sequence[dict[str, Any]]) -> torch.optim.Optimizer:
        """Give torch's Adam."""
        import torch

        return torch.optim.Adam(**self.options(groups))


class AdamW(OptimizerMethod):
    """AdamW (Loshchilov & Hutter 2019): Adam, with the decay beside it: θ ← θ - lr λ θ.

    All weights of a group shrink by the same share, whatever their gradients.
    """

    def build(self, groups: Sequence[dict[str, Any]]) -> torch.optim.Optimizer:
        """Give torch's AdamW."""
        import torch

        return torch.optim.AdamW(**self.options(groups))


OPTIMIZERS: dict[str, type[OptimizerMethod]] = {"adamw": AdamW, "adam": Adam}
