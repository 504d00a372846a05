"""What stands beside an encoder: modules of its own for each task, or nothing."""

from collections.abc import Iterable

from torch import nn

from mtbert.modeling.packing import TokenBatch


class Adapter(nn.Module):
    """What an adaptation adds to an encoder; this one adds nothing.

    Attributes:
        fixed: Whether the encoder's hidden states never change: it must then stay in eval mode.
        task_parts: Each task's own modules, keyed by task; empty where tasks have none.
    """

    def __init__(self, *, fixed: bool = False, injected: Iterable[str] = ()) -> None:
        """Keep the names of the encoder's parameters that the adaptation injected."""
        super().__init__()
        self.fixed = fixed
        self.names = frozenset(injected)
        self.task_parts = nn.ModuleDict()

    def begin(self, batch: TokenBatch) -> None:
        """Prepare for the batch that the encoder is about to see."""

    def end(self) -> None:
        """Forget the batch."""

    def injected(self, encoder: nn.Module) -> list[nn.Parameter]:
        """Give the encoder's parameters that the adaptation injected: LoRA's A and B."""
        return [value for name, value in encoder.named_parameters() if name in self.names]
