"""What all balancings have in common: a method, and its state within one run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from mtbert.core.params import Settings
from mtbert.training.batches import stream

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    # Runs the model once over the batches of the tasks asked for; gives each one's loss, ().
    Losses = Callable[[Sequence[str]], dict[str, Tensor]]


@dataclass(frozen=True)
class Setup:
    """What a run tells its balancing before the first step."""

    tasks: Sequence[str]
    shared: Sequence[nn.Parameter]  # those that the loss of every task reaches, if trained
    seed: int
    regressions: frozenset[str] = field(default_factory=frozenset)  # tasks with a squared error
    device: torch.device | str = "cpu"


@dataclass(frozen=True)
class Outcome:
    """What a step's backward pass found."""

    losses: dict[str, Tensor]  # of each task, unweighted and detached
    weights: dict[str, float]  # of each task's gradient in the shared parameters' update
    # G = J Jᵀ of the unweighted task gradients, (task, task) float64 on the CPU, in the order of
    # `losses`; None where the tasks were not taken apart.
    gramian: Tensor | None = None


class Balancing(Settings, ABC):
    """A way to make one update of several losses; its fields are the knobs."""

    # Whether it has no meaning where a step has a single task.
    needs_several: ClassVar[bool] = False
    # Whether it combines gradients of what the tasks share, not losses.
    combines: ClassVar[bool] = False

    def check(self, tasks: Sequence[str]) -> None:
        """Refuse knobs that name no task.

        Args:
            tasks: All tasks of the params file.

        Raises:
            InputError: with the nearest name.
        """

    @abstractmethod
    def begin(self, setup: Setup) -> Balancer:
        """Start a run."""


class Balancer(ABC):
    """A balancing at work in one run."""

    def __init__(self, setup: Setup) -> None:
        import torch

        self.setup = setup
        # A stream of its own: what others draw does not change what it gives.
        seed = int(stream(setup.seed, "balancing").integers(2**63))
        self.generator = torch.Generator().manual_seed(seed)

    @abstractmethod
    def backward(self, losses: Losses, tasks: Sequence[str], *, apart: bool = False) -> Outcome:
        """Fill `.grad` of every trainable parameter that the step's losses reach.

        The gradients must be None (or zero) before.

        Args:
            losses: Gives the losses of the tasks asked for.
            tasks: The tasks of the step.
            apart: Ask for one task after the other, also where that is not needed, to tell the
                Gramian: the same update as the joint step, up to rounding and to dropout, which
                draws in another order.
        """

    def end_epoch(self) -> None:  # noqa: B027
        """Note that an epoch is over."""

    def groups(self) -> list[dict[str, Any]]:
        """Parameters of its own, as groups of the optimizer: params, weight_decay, peak."""
        return []

    def state_dict(self) -> dict[str, Any]:
        """Give what a resumed run needs to go on exactly: tensors, numbers, and dicts of these."""
        return {"generator": self.generator.get_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a state."""
        self.generator.set_state(state["generator"])
