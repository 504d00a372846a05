"""Base classes of the balancings: a method's settings, and its state in one run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from mtbert.core.params import Settings
from mtbert.training.balancing.gradients import Gradient, detach_gradient
from mtbert.training.batches import stream

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    # Runs the model once over the batches of the given tasks; gives each one's loss, ().
    LossFunction = Callable[[Sequence[str]], dict[str, Tensor]]
    # What is differentiated, from a task and its loss
    LossTerm = Callable[[str, Tensor], Tensor]


def backpropagate(losses: LossFunction, tasks: Sequence[str], term: LossTerm) -> dict[str, Tensor]:
    """Backpropagate Σ_t term(t, L_t) in one pass; give each L_t, detached.

    Nothing happens where nothing that the sum depends on is trained.
    """
    values = losses(tasks)
    terms = [term(task, loss) for task, loss in values.items()]
    total = sum(terms[1:], terms[0])
    if total.requires_grad:
        total.backward()  # type: ignore[no-untyped-call]
    return {task: loss.detach() for task, loss in values.items()}


@dataclass(frozen=True)
class Setup:
    """What a balancing knows of the run before the first step."""

    tasks: Sequence[str]
    shared: Sequence[nn.Parameter]  # the trainable ones that every task's loss reaches
    seed: int
    regressions: frozenset[str] = field(default_factory=frozenset)  # tasks with a squared error
    device: torch.device | str = "cpu"
    # How `backpropagate` is done: another function takes a batch in parts.
    backward: Callable[[LossFunction, Sequence[str], LossTerm], dict[str, Tensor]] = backpropagate


@dataclass(frozen=True)
class BackwardResult:
    """What a step's backward pass gives besides the gradients."""

    losses: dict[str, Tensor]  # of each task, unweighted and detached
    weights: dict[str, float]  # of each task's gradient in the shared parameters' update
    # G = J Jᵀ of the unweighted task gradients, (task, task) float64 on the CPU, in the order of
    # `losses`; None without per-task gradients.
    gramian: Tensor | None = None


class Balancing(Settings, ABC):
    """A way to make one update of several losses; its fields are the options."""

    # Whether it has no meaning where a step has a single task.
    needs_several: ClassVar[bool] = False
    # Whether it combines the gradients of shared parameters, not losses.
    combines: ClassVar[bool] = False

    def check(self, tasks: Sequence[str]) -> None:
        """Refuse options that name no task of the params file."""

    @abstractmethod
    def begin(self, setup: Setup) -> Balancer:
        """Start a run."""


class Balancer(ABC):
    """A balancing in one run."""

    # Attributes that a resumed run needs: tensors, numbers, and dicts of these.
    state: ClassVar[tuple[str, ...]] = ()

    def __init__(self, method: Any, setup: Setup) -> None:
        import torch

        self.method, self.setup = method, setup
        # A random stream of its own; the purpose is part of the seed.
        seed = int(stream(setup.seed, "balancing").integers(2**63))
        self.generator = torch.Generator().manual_seed(seed)

    @abstractmethod
    def backward(
        self, losses: LossFunction, tasks: Sequence[str], *, per_task_gradients: bool = False
    ) -> BackwardResult:
        """Fill `.grad`, None before, of every trainable parameter that the step's losses reach.

        With `per_task_gradients` there is one backward pass a task, also where the method needs
        only one, for the Gramian: the same update up to rounding, and up to dropout, which draws in
        another order.
        """

    def task_gradients(
        self, losses: LossFunction, tasks: Sequence[str], term: LossTerm
    ) -> tuple[dict[str, Tensor], list[Gradient]]:
        """Run a forward and backward pass for each task; leave the shared gradients None.

        Gives each task's loss, detached, and its gradient of the shared parameters.
        """
        values: dict[str, Tensor] = {}
        gradients = []
        for task in tasks:
            values |= self.setup.backward(losses, [task], term)
            gradients.append(detach_gradient(self.setup.shared))
        return values, gradients

    def end_epoch(self) -> None:  # noqa: B027
        """Note that an epoch is over."""

    def groups(self) -> list[dict[str, Any]]:
        """Learned parameters, as optimizer groups: params, weight_decay, peak."""
        return []

    def state_dict(self) -> dict[str, Any]:
        """Give a copy of what a resumed run needs."""
        copies = {name: deepcopy(getattr(self, name)) for name in self.state}
        return {"generator": self.generator.get_state(), **copies}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load what `state_dict` gave."""
        self.generator.set_state(state["generator"])
        for name in self.state:
            setattr(self, name, deepcopy(state[name]))
