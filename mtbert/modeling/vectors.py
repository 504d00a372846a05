"""Sentence vectors, layers on them that torch lacks, and a head's logits of all pairs.

Below, a cosine's weight has one column; that of any other feature has as many as a vector.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from mtbert.modeling.layers import CosineForm, Feature

# The vectors of a task's examples, (example, size); the second is None where an example has one.
VectorPair = tuple[Tensor, Tensor | None]
# Numbers in one intermediate result above which `all_pairs` goes through the first vectors in
# chunks and recomputes their activations in the backward pass.
LIMIT = 2**23


@dataclass(frozen=True)
class VectorBatch:
    """Batch of precomputed sentence vectors; the encoder is skipped."""

    vectors: dict[str, VectorPair]
    tokens: int = 0
    slots: int = 0

    def select(self, rows: Mapping[str, np.ndarray]) -> "VectorBatch":
        """Take some examples of each task: rows (example,) int64."""
        selected = {}
        for task, numbers in rows.items():
            u, v = self.vectors[task]
            index = torch.from_numpy(numbers).to(u.device)
            selected[task] = (u[index], None if v is None else v[index])
        return VectorBatch(selected)


FEATURES: dict[Feature, Callable[[Tensor, Tensor], Tensor]] = {
    "u": lambda u, v: u,
    "v": lambda u, v: v,
    "abs_diff": lambda u, v: (u - v).abs(),
    "product": lambda u, v: u * v,
    "cosine": lambda u, v: functional.cosine_similarity(u, v, dim=-1).unsqueeze(-1),
}


class PairFeatures(nn.Module):
    """Chosen features of (u, v), side by side: (example, hidden) each → (example, size)."""

    def __init__(self, names: tuple[Feature, ...]) -> None:
        super().__init__()
        self.names = names

    def widths(self, hidden_size: int) -> list[int]:
        """Width of each feature."""
        return [1 if name == "cosine" else hidden_size for name in self.names]

    def forward(self, vectors: VectorPair) -> Tensor:
        """Lay the features side by side."""
        u, v = vectors
        # A single vector stands for both: the head's check allows it no feature of v.
        v = u if v is None else v
        return torch.cat([FEATURES[name](u, v) for name in self.names], dim=-1)


COSINES: dict[CosineForm, Callable[[Tensor], Tensor]] = {
    "signed": lambda c: c,
    "relu": lambda c: c.relu(),
    "shifted": lambda c: c * 0.5 + 0.5,
}


def _not_half(values: Tensor) -> Tensor:
    """Values of 16 bits in 32: bf16 has three digits, too few for an output in units of labels."""
    return values.float() if values.itemsize < 4 else values


class PairCosine(nn.Module):
    """low + (high - low) · s(cos(u, v)): (example, size) each → (example, 1)."""

    def __init__(self, form: CosineForm, *, bounds: tuple[float, float], dropout: float) -> None:
        super().__init__()
        self.s, self.bounds = COSINES[form], bounds
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()

    def forward(self, vectors: tuple[Tensor, Tensor]) -> Tensor:
        """Drop out of each vector by itself, then compare."""
        low, high = self.bounds
        u, v = (_not_half(self.dropout(vector)) for vector in vectors)
        return self.s(FEATURES["cosine"](u, v)) * (high - low) + low


class ScaledSigmoid(nn.Module):
    """low + (high - low) · sigmoid(x)."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.low, self.high = low, high

    def forward(self, values: Tensor) -> Tensor:
        """Any shape in, the same shape out."""
        # In bf16 numbers near 2000 are 8 apart.
        return self.low + (self.high - self.low) * _not_half(values).sigmoid()


def all_pairs(head: nn.Module, u: Tensor, v: Tensor, *, limit: int = LIMIT) -> Tensor:
    """A head's logits of every u with every v: (first, size), (second, size) → (first, second, …).

    The first linear layer on features is split by feature, so that these are never laid side by
    side for all pairs. With dropout of the features each pair has a mask of its own.
    """
    layers: Any = head
    splits = isinstance(head, nn.Sequential) and not (layers[1].training and layers[1].p > 0)

    def logits(u: Tensor, v: Tensor) -> Tensor:
        if splits:
            return _split_by_feature(head, u, v)
        pairs = (u.repeat_interleave(len(v), 0), v.repeat(len(u), 1))
        return head(pairs).view(len(u), len(v), -1)  # type: ignore[no-any-return]

    chunk = max(1, limit // max(1, v.numel()))
    if chunk >= len(u):
        return logits(u, v)
    parts = [checkpoint(logits, some, v, use_reentrant=False) for some in torch.split(u, chunk)]
    return torch.cat(parts)


def _split_by_feature(head: Any, u: Tensor, v: Tensor) -> Tensor:
    """Run a linear or MLP head whose dropout of features is off."""
    features, _, linear, *rest = head
    blocks = torch.split(linear.weight, features.widths(u.shape[1]), dim=1)
    terms = [TERMS[name](u, v, block) for name, block in zip(features.names, blocks, strict=True)]
    total = sum(terms[1:], terms[0]) + linear.bias
    logits: Tensor = nn.Sequential(*rest)(total.expand(len(u), len(v), -1))
    return logits


def _product(u: Tensor, v: Tensor, weight: Tensor) -> Tensor:
    """(u ∗ w) Vᵀ for few outputs w; for many it is less work to multiply u ∗ v by them."""
    if len(weight) < len(v):
        return ((u[:, None] * weight) @ v.T).transpose(1, 2)
    return functional.linear(u[:, None] * v, weight)


# Share of a feature in the first layer: (first, size), (second, size), (output, feature) →
# something that broadcasts to (first, second, output).
TERMS: dict[Feature, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "u": lambda u, v, weight: functional.linear(u, weight)[:, None],
    "v": lambda u, v, weight: functional.linear(v, weight)[None],
    "abs_diff": lambda u, v, weight: functional.linear((u[:, None] - v).abs(), weight),
    "product": _product,
    "cosine": lambda u, v, weight: FEATURES["cosine"](u[:, None], v[None]) * weight[:, 0],
}
