"""Registry of poolings: one vector a sequence, independent of its neighbours in the row.

Contract: `size(hidden_size)` is the width of the vectors; `needs_pooler` says whether the encoder's
own pooler layer is read; `pool(hidden, sequence, starts, pooler)` takes hidden states
(token, hidden) of all rows laid end to end, the number of the sequence that each token belongs to
(token,) — padding belongs to one more, the last —, the position of each sequence's first token
(sequence,), and that layer, (sequence, hidden) → (sequence, hidden).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from mtbert.core.params import Settings

if TYPE_CHECKING:
    from torch import Tensor

    Pool: TypeAlias = Callable[[Tensor], Tensor]


class Pooling(Settings):
    """Turns a sequence's hidden states into one vector."""

    needs_pooler: ClassVar[bool] = False

    def size(self, hidden_size: int) -> int:
        """Width of a vector."""
        return hidden_size

    def pool(self, hidden: Tensor, sequence: Tensor, starts: Tensor, pooler: Pool) -> Tensor:
        """(token, hidden) → (sequence, size)."""
        raise NotImplementedError


class MeanPooling(Pooling):
    """Mean over all tokens of the sequence, special tokens included (Reimers & Gurevych 2019)."""

    def pool(self, hidden: Tensor, sequence: Tensor, starts: Tensor, pooler: Pool) -> Tensor:
        """(token, hidden) → (sequence, hidden)."""
        count = len(starts)
        sums = hidden.new_zeros(count + 1, hidden.shape[1]).index_add(0, sequence, hidden)
        return sums[:count] / sequence.bincount(minlength=count + 1)[:count, None]


class MaxPooling(Pooling):
    """The largest value of each dimension over all tokens of the sequence (Conneau et al. 2017)."""

    def pool(self, hidden: Tensor, sequence: Tensor, starts: Tensor, pooler: Pool) -> Tensor:
        """(token, hidden) → (sequence, hidden)."""
        count = len(starts)
        place = sequence[:, None].expand_as(hidden)
        lowest = hidden.new_full((count + 1, hidden.shape[1]), float("-inf"))
        return lowest.scatter_reduce(0, place, hidden, "amax")[:count]


class MaxMeanPooling(Pooling):
    """Max and mean side by side (fu-chan's similarity head)."""

    def size(self, hidden_size: int) -> int:
        """Width of a vector: twice the encoder's."""
        return 2 * hidden_size

    def pool(self, hidden: Tensor, sequence: Tensor, starts: Tensor, pooler: Pool) -> Tensor:
        """(token, hidden) → (sequence, 2 · hidden)."""
        import torch

        both = [kind().pool(hidden, sequence, starts, pooler) for kind in (MaxPooling, MeanPooling)]
        return torch.cat(both, dim=-1)


class ClsPooling(Pooling):
    """The hidden state of the first token (Devlin et al. 2019), before any pooler layer."""

    def pool(self, hidden: Tensor, sequence: Tensor, starts: Tensor, pooler: Pool) -> Tensor:
        """(token, hidden) → (sequence, hidden)."""
        return hidden[starts]


class PoolerOutput(Pooling):
    """The first token through the encoder's own pooler, a linear layer and tanh (Devlin 2019).

    The layer was trained along with the encoder and is fine-tuned with it.
    """

    needs_pooler: ClassVar[bool] = True

    def pool(self, hidden: Tensor, sequence: Tensor, starts: Tensor, pooler: Pool) -> Tensor:
        """(token, hidden) → (sequence, hidden)."""
        return pooler(hidden[starts])


POOLINGS: dict[str, type[Pooling]] = {
    "mean": MeanPooling,
    "max": MaxPooling,
    "max_mean": MaxMeanPooling,
    "cls": ClsPooling,
    "pooler": PoolerOutput,
}
