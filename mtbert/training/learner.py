"""A model's trainable parameters with all that changes in training: the state of a resumed run."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from mtbert.modeling.model import MultiTaskModel
from mtbert.training.averaging import Averaging
from mtbert.training.balancing import Balancing, Setup
from mtbert.training.optimizers import OptimizerMethod


class Learner:
    """Holds a run's optimizer, balancer and weight average."""

    def __init__(
        self,
        model: MultiTaskModel,
        *,
        tasks: Sequence[str],
        regressions: frozenset[str],
        balancing: Balancing,
        optimizer: OptimizerMethod,
        averaging: Averaging,
        peaks: Mapping[str, float],
        layer_decay: float,
        weight_decay: float,
        seed: int,
    ) -> None:
        """Start before the first step.

        Args:
            model: Trained in place.
            tasks: Trained tasks of the run, in their order.
            regressions: Those with a squared error.
            balancing: How several losses become one update.
            optimizer: How a gradient moves the weights.
            averaging: Which weights are evaluated.
            peaks: Highest learning rate of each part: encoder, adapter, heads.
            layer_decay: Factor of the encoder's rate from each layer to the one below.
            weight_decay: Of matrices.
            seed: Seed of the run.
        """
        self.parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.balancer = balancing.begin(
            Setup(
                tasks=tasks,
                shared=model.shared_parameters(),
                seed=seed,
                regressions=regressions,
                device=next(iter(self.parameters.values())).device,
            )
        )
        groups = parameter_groups(
            model, peaks=peaks, layer_decay=layer_decay, weight_decay=weight_decay
        )
        self.peak = groups[0]["peak"]  # the logged rate: that of the first part that is trained
        self.optimizer = optimizer.build([*groups, *self.balancer.groups()])
        self.average = averaging.begin(self.parameters)

    def set_rates(self, factor: float) -> float:
        """Set every learning rate to a factor of its peak; give the first part's."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        return float(self.peak * factor)

    def update(self) -> None:
        """Make an optimizer step, and clear the gradients."""
        self.optimizer.step()
        self.optimizer.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """Give what a resumed run needs: tensors, numbers, and dicts and lists of these."""
        return {
            "parameters": {name: p.detach() for name, p in self.parameters.items()},
            "optimizer": self.optimizer.state_dict(),
            "balancer": self.balancer.state_dict(),
            "average": self.average.state_dict(),
        }

    @torch.no_grad()
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load what `state_dict` gave."""
        for name, parameter in self.parameters.items():
            parameter.copy_(state["parameters"][name])
        for name in ("optimizer", "balancer", "average"):
            getattr(self, name).load_state_dict(state[name])


def parameter_groups(
    model: MultiTaskModel, *, peaks: Mapping[str, float], layer_decay: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Give the optimizer's groups; as in BERT, no decay on biases and layer norms.

    Heads and adapters start from random weights and take rates of their own: at a rate that is safe
    for a pretrained encoder they would hardly move in a short run. Within the encoder the rate
    falls by `layer_decay` with each layer from the top (Clark et al. 2020, section 3.1; Howard &
    Ruder 2018, section 3.2): the top layer has the full rate, the embeddings that times
    decay^layers.

    Returns:
        In the order of `peaks`, the top layer first: params, weight_decay, and peak, the highest
        rate.
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
