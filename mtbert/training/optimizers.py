"""Registry of optimizers, and the parameter groups that they are built on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mtbert.core.params import Settings

if TYPE_CHECKING:
    import torch

    from mtbert.modeling.model import MultiTaskModel

Beta = Annotated[float, Field(ge=0, lt=1)]


class OptimizerMethod(Settings):
    """A method with moments m of g and v of g², whose steps are about as long as the rate.

    Each is torch's class of the same name, fused.
    """

    betas: tuple[Beta, Beta] = (0.9, 0.999)  # of m and v
    epsilon: Annotated[float, Field(gt=0)] = 1e-8  # added to √v

    def build(self, groups: Sequence[dict[str, Any]]) -> torch.optim.Optimizer:
        """Build torch's optimizer of groups with `params`, `weight_decay`, and `peak`.

        `peak` is the largest learning rate, which rates start at.
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


def parameter_groups(
    model: MultiTaskModel, *, peaks: Mapping[str, float], layer_decay: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Give the optimizer's groups; as in BERT, no decay on biases and layer norms.

    Heads and adapters start from random weights and take rates of their own: at a rate that is safe
    for a pretrained encoder they would hardly move in a short run. Within the encoder the rate
    falls by `layer_decay` with each layer from the top (Clark et al. 2020, section 3.1; Howard &
    Ruder 2018, section 3.2): the top layer has the full rate, the embeddings that times
    decay^layers.

    Args:
        model: Gives its trainable parameters by part and layer.
        peaks: Highest learning rate of each part, in the order of the groups.
        layer_decay: Factor of the encoder's rate from each layer to the one below.
        weight_decay: Of matrices.
    """
    groups: list[dict[str, Any]] = []
    order = list(peaks)
    for group in sorted(model.groups(), key=lambda it: (order.index(it.part), it.below_top)):
        peak = peaks[group.part] * layer_decay**group.below_top
        for decay, matrices in ((weight_decay, True), (0.0, False)):
            params = [p for p in group.parameters if (p.ndim > 1) == matrices]
            if params:  # torch warns of a group without parameters
                groups.append({"params": params, "weight_decay": decay, "peak": peak})
    return groups
