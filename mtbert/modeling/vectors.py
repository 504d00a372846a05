"""Sentence vectors, and layers on them that torch does not bring."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtbert.modeling.features import COSINE, Feature

# The vectors of a task's examples, (example, size); the second is None where an example has one.
VectorPair = tuple[Tensor, Tensor | None]


@dataclass(frozen=True)
class VectorBatch:
    """A batch whose sentences have been encoded before: no token goes through the encoder."""

    vectors: dict[str, VectorPair]
    tokens: int = 0
    slots: int = 0


def _cosine(u: Tensor, v: Tensor) -> Tensor:
    return nn.functional.cosine_similarity(u, v, dim=-1).unsqueeze(-1)


FEATURES: dict[Feature, Callable[[Tensor, Tensor], Tensor]] = {
    "u": lambda u, v: u,
    "v": lambda u, v: v,
    "abs_diff": lambda u, v: (u - v).abs(),
    "product": lambda u, v: u * v,
    "cosine": _cosine,
}


class PairFeatures(nn.Module):
    """Chosen features of (u, v), side by side: (example, hidden) each → (example, size)."""

    def __init__(self, names: tuple[Feature, ...]) -> None:
        super().__init__()
        self.names = names

    def size(self, hidden_size: int) -> int:
        """Width of the features laid side by side."""
        return sum(1 if name == COSINE else hidden_size for name in self.names)

    def forward(self, vectors: VectorPair) -> Tensor:
        """Lay the features side by side."""
        u, v = vectors
        # A single vector stands for both: the head's check allows it no feature of v.
        v = u if v is None else v
        return torch.cat([FEATURES[name](u, v) for name in self.names], dim=-1)


class PairDropout(nn.Module):
    """Dropout of both vectors of a pair, each on its own."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(share)

    def forward(self, vectors: VectorPair) -> VectorPair:
        """Two vectors in, two of the same shapes out."""
        u, v = vectors
        return self.dropout(u), None if v is None else self.dropout(v)


class Affine(nn.Module):
    """scale · x + shift, both fixed."""

    def __init__(self, *, scale: float, shift: float) -> None:
        super().__init__()
        self.scale, self.shift = scale, shift

    def forward(self, values: Tensor) -> Tensor:
        """Any shape in, the same shape out."""
        return values * self.scale + self.shift


class ScaledSigmoid(nn.Module):
    """low + (high - low) · sigmoid(x)."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.low, self.high = low, high

    def forward(self, values: Tensor) -> Tensor:
        """Any shape in, the same shape out."""
        return self.low + (self.high - self.low) * values.sigmoid()
