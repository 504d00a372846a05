"""The vectors that a perturbation moves: each token's own, or each used row of the table."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from mtbert.modeling.passes import RealTokens

# How a group of vectors is measured: its Euclidean norm, or its largest coordinate, whose steepest
# direction is the sign.
Norm = Literal["l2", "sign"]


@dataclass(frozen=True)
class PerturbedVectors:
    """Vectors (vector, width) that are moved, grouped by what is measured together."""

    group: Tensor  # (vector,)
    count: int  # groups
    of_token: Tensor | None  # (token,): its vector; None where every token has its own

    @classmethod
    def of(cls, tokens: RealTokens, target: Literal["activations", "table"]) -> "PerturbedVectors":
        """A vector for each token, grouped by example; or for each used table row, in one group."""
        if target == "activations":
            return cls(tokens.example, tokens.examples, None)
        entries, place = torch.unique(tokens.ids, return_inverse=True)
        return cls(torch.zeros_like(entries), 1, place)

    def to_tokens(self, vectors: Tensor) -> Tensor:
        """(vector, width) → (token, width)."""
        return vectors if self.of_token is None else vectors[self.of_token]

    def from_tokens(self, gradient: Tensor) -> Tensor:
        """Sum a gradient by tokens to one by vectors: (token, width) → (vector, width)."""
        if self.of_token is None:
            return gradient
        empty = gradient.new_zeros(len(self.group), gradient.shape[1])
        return empty.index_add(0, self.of_token, gradient)

    def norms(self, vectors: Tensor, norm: Norm) -> Tensor:
        """The norm of each group, (group,) float64: squares of small gradients do not underflow."""
        order = 2 if norm == "l2" else float("inf")
        each: Tensor = torch.linalg.vector_norm(vectors, order, dim=1, dtype=torch.float64)
        empty = each.new_zeros(self.count)
        if norm == "l2":
            return empty.index_add(0, self.group, each.square()).sqrt()
        return empty.scatter_reduce(0, self.group, each, "amax")

    def normalized(self, gradient: Tensor, norm: Norm) -> Tensor:
        """Each group over its norm; 0 where that is 0 or not finite."""
        norms = self.norms(gradient, norm).to(gradient.dtype)
        usable = (norms > 0) & norms.isfinite()
        scaled = gradient / norms.where(usable, 1)[self.group, None]
        return scaled.where(usable[self.group, None], 0.0)

    def steepest(self, gradient: Tensor, norm: Norm) -> Tensor:
        """Each group's direction of steepest ascent, of norm 1."""
        unit = self.normalized(gradient, norm)
        return unit if norm == "l2" else unit.sign()

    def within(self, vectors: Tensor, radius: float, norm: Norm) -> Tensor:
        """Π: the nearest point in each group's ball."""
        if norm == "sign":
            return vectors.clamp(-radius, radius)
        factor = (radius / self.norms(vectors, norm).clamp(min=radius)).to(vectors.dtype)
        return vectors * factor[self.group, None]
