"""Registry of optimizers: how a gradient moves the weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mtbert.core.params import Settings

if TYPE_CHECKING:
    import torch

Beta = Annotated[float, Field(ge=0, lt=1)]


class OptimizerMethod(Settings):
    """A method with moments m of g and v of g², whose steps are about as long as the rate.

    Each is torch's class of the same name, fused.
    """

    betas: tuple[Beta, Beta] = (0.9, 0.999)  # of m and v
    epsilon: Annotated[float, Field(gt=0)] = 1e-8  # added to √v

    def build(self, groups: Sequence[dict[str, Any]]) -> torch.optim.Optimizer:
        """Build torch's optimizer.

        Args:
            groups: Parameter groups: `params`, `weight_decay`, `peak` (the largest learning rate,
                which rates start at), and whatever else the caller keeps there.
        """
        import torch

        kind: type[torch.optim.Adam] = getattr(torch.optim, type(self).__name__)
        params = [{**group, "lr": group["peak"]} for group in groups]
        return kind(params, betas=self.betas, eps=self.epsilon, fused=True)


class Adam(OptimizerMethod):
    """Adam (Kingma & Ba 2015), with weight decay as an L2 term of the loss: g ← g + λ θ.

    The decay passes through the moments and is divided by √v with the rest: weights with large
    gradients shrink less, and where there is no gradient θ moves towards 0 by about the learning
    rate, however small λ is. The gradient's norm is clipped before λ θ is added.
    """


class AdamW(OptimizerMethod):
    """AdamW (Loshchilov & Hutter 2019): Adam with decoupled decay, θ ← θ - lr λ θ.

    All weights of a group shrink by the same share, whatever their gradients.
    """


OPTIMIZERS: dict[str, type[OptimizerMethod]] = {"adamw": AdamW, "adam": Adam}
