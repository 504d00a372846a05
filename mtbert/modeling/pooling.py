"""The room of poolings: one vector a sequence, whatever its neighbours in the row.

Contract: `pool(hidden, sequence, starts)` with hidden states (token, hidden) of all rows laid end
to end, the number of the sequence that each token belongs to (token,) — padding belongs to one
more, the last — and the position of each sequence's first token (sequence,).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtbert.params import Settings

if TYPE_CHECKING:
    from torch import Tensor


class Mean(Settings):
    """Mean over all tokens of the sequence, special tokens included (Reimers & Gurevych 2019)."""

    def pool(self, hidden: Tensor, sequence: Tensor, starts: Tensor) -> Tensor:
        """(token, hidden) → (sequence, hidden)."""
        count = len(starts)
        sums = hidden.new_zeros(count + 1, hidden.shape[1]).index_add(0, sequence, hidden)
        return sums[:count] / sequence.bincount(minlength=count + 1)[:count, None]


class CLS(Settings):
    """The hidden state of the first token (Devlin et al. 2019), before any pooler layer."""

    def pool(self, hidden: Tensor, sequence: Tensor, starts: Tensor) -> Tensor:
        """(token, hidden) → (sequence, hidden)."""
        return hidden[starts]


POOLINGS: dict[str, type[Mean] | type[CLS]] = {"mean": Mean, "cls": CLS}
