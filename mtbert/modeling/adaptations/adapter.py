"""What stands beside an encoder: parts of its own for each task, or nothing."""

from collections.abc import Iterable

from torch import nn

from mtbert.modeling.packing import TokenBatch


class Adapter(nn.Module):
    """What an adaptation made of an encoder; this one adds nothing.

    It is told of every batch before the encoder runs, and when the encoder is done.

    Attributes:
        fixed: Whether the encoder's hidden states never change: it must then stay in eval mode.
        task_parts: Each task's own modules, keyed by task; empty where tasks have none.
    """

    def __init__(self, *, fixed: bool = False, injected: Iterable[str] = ()) -> None:
        """Hold nothing but the names of the encoder's parameters that the adaptation put in."""
        super().__init__()
        self.fixed = fixed
        self.names = frozenset(injected)
        self.task_parts = nn.ModuleDict()

    def begin(self, batch: TokenBatch) -> None:
        """Take note of the batch that the encoder is about to see."""

    def end(self) -> None:
        """Forget the batch."""

    def injected(self, encoder: nn.Module) -> list[nn.Parameter]:
        """Give the encoder's parameters that the adaptation put in: LoRA's A and B."""
        return [value for name, value in encoder.named_parameters() if name in self.names]
