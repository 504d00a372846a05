"""What changes as training goes on, and nothing else: so much a resumed run needs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from mtbert.training.balancing import Setup
from mtbert.training.settings import TrainingSettings
from mtbert.training.terms import Terms


class Group(Protocol):
    """Parameters that learn at one rate."""

    @property
    def part(self) -> str:
        """What they are of: encoder, adapter or heads."""

    @property
    def below_top(self) -> int:
        """Layers of the encoder above these; 0 outside it."""

    @property
    def parameters(self) -> list[nn.Parameter]:
        """The parameters themselves."""


class Model(Protocol):
    """What training asks of a model."""

    def __call__(self, batch: Any) -> dict[str, Tensor]:
        """Map a batch to each task's logits, (example, width)."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters."""

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """The same by name."""

    def groups(self) -> Sequence[Group]:
        """The trainable ones, by part and layer."""

    def shared_parameters(self) -> Sequence[nn.Parameter]:
        """The trainable ones that every trained task's loss reaches."""

    def train(self, mode: bool = True) -> Any:
        """Switch dropout on."""


class Learner:
    """A model's trainable parameters, and all that follows them."""

    def __init__(
        self, model: Model, settings: TrainingSettings, tasks: Sequence[str], *, seed: int
    ) -> None:
        """Stand before the first step.

        Args:
            model: Trained in place.
            settings: Balancing, terms, optimizer, averaging.
            tasks: Trained tasks of the run, in their order.
            seed: Seed of the run.
        """
        named = dict(model.named_parameters())
        self.parameters = {name: p for name, p in named.items() if p.requires_grad}
        self.terms = Terms({task: settings.terms(task) for task in tasks}, parameters=named)
        regressions = {task for task in tasks if settings.objectives[task].regression}
        self.balancer = settings.balancing.begin(
            Setup(
                tasks=tasks,
                shared=model.shared_parameters(),
                seed=seed,
                regressions=frozenset(regressions),
                device=next(iter(self.parameters.values())).device,
            )
        )
        groups = parameter_groups(model, settings)
        # Of what there is: a frozen encoder has no rate to log.
        self.peak = groups[0]["peak"]
        self.optimizer = settings.optimizer.build([*groups, *self.balancer.groups()])
        self.average = settings.averaging.begin(self.parameters)

    def set_rates(self, share: float) -> float:
        """Set every rate to a share of its peak; give the first part's."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * share
        return float(self.peak * share)

    def update(self) -> None:
        """Change the parameters along their gradients, and forget these."""
        self.optimizer.step()
        self.optimizer.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """Where it stands: tensors, numbers, and dicts and lists of these."""
        return {
            "parameters": {name: p.detach() for name, p in self.parameters.items()},
            "optimizer": self.optimizer.state_dict(),
            "balancer": self.balancer.state_dict(),
            "terms": self.terms.state_dict(),
            "average": self.average.state_dict(),
        }

    @torch.no_grad()
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Stand where another stood."""
        for name, parameter in self.parameters.items():
            parameter.copy_(state["parameters"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        self.balancer.load_state_dict(state["balancer"])
        self.terms.load_state_dict(state["terms"])
        self.average.load_state_dict(state["average"])


def parameter_groups(model: Model, settings: TrainingSettings) -> list[dict[str, Any]]:
    """Give the optimizer's groups; as in BERT, no decay on biases and layer norms.

    Heads and adapters start from random weights and take rates of their own: at one that is safe
    for a pretrained encoder they would hardly move in a short run. Within the encoder the rate
    falls by `layer_decay` with each layer from the top (Clark et al. 2020, section 3.1; Howard &
    Ruder 2018, section 3.2): the top one has the full rate, the embeddings that times
    decay^layers.

    Returns:
        In the order encoder, adapter, heads: params, weight_decay, and peak, the highest rate.
    """
    peaks = {
        "encoder": settings.learning_rate,
        "adapter": settings.adapter_learning_rate,
        "heads": settings.head_learning_rate,
    }
    groups: list[dict[str, Any]] = []
    # The top layer of the encoder first: its rate is the encoder's.
    order = list(peaks)
    for group in sorted(model.groups(), key=lambda it: (order.index(it.part), it.below_top)):
        peak = peaks[group.part] * settings.layer_decay**group.below_top
        for decay, matrices in ((settings.weight_decay, True), (0.0, False)):
            chosen = [p for p in group.parameters if (p.ndim > 1) == matrices]
            # A group without parameters is no fault, but torch warns of a list of none.
            if chosen:
                groups.append({"params": chosen, "weight_decay": decay, "peak": peak})
    return groups
