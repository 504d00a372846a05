"""What a perturbation is made of: each token's own vector, or one for each entry of the table."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from mtbert.training.task_batch import RealTokens

# How long a vector of several cells is: its Euclidean length, or its largest coordinate, whose
# steepest direction is the sign.
Norm = Literal["l2", "sign"]


@dataclass(frozen=True)
class Cells:
    """A perturbation's own vectors, (cell, width), and how they are grouped and spread."""

    group: Tensor  # (cell,): cells of one group are measured together
    count: int  # groups
    of_token: Tensor | None  # (token,): its cell; None where every token is one

    @classmethod
    def of(cls, tokens: RealTokens, target: Literal["activations", "table"]) -> "Cells":
        """One cell for each token, by example; or one for each entry that is used, all as one."""
        if target == "activations":
            return cls(tokens.example, tokens.examples, None)
        entries, place = torch.unique(tokens.ids, return_inverse=True)
        return cls(torch.zeros_like(entries), 1, place)

    def spread(self, cells: Tensor) -> Tensor:
        """(cell, width) → (token, width)."""
        return cells if self.of_token is None else cells[self.of_token]

    def gather(self, gradient: Tensor) -> Tensor:
        """A gradient by tokens as one by cells: (token, width) → (cell, width)."""
        if self.of_token is None:
            return gradient
        empty = gradient.new_zeros(len(self.group), gradient.shape[1])
        return empty.index_add(0, self.of_token, gradient)

    def length(self, cells: Tensor, norm: Norm) -> Tensor:
        """The norm of each group, (group,) float64: small gradients do not vanish in a square."""
        kind = 2 if norm == "l2" else float("inf")
        each: Tensor = torch.linalg.vector_norm(cells, kind, dim=1, dtype=torch.float64)
        empty = each.new_zeros(self.count)
        if norm == "l2":
            return empty.index_add(0, self.group, each.square()).sqrt()
        return empty.scatter_reduce(0, self.group, each, "amax")

    def unit(self, gradient: Tensor, norm: Norm) -> Tensor:
        """Each group over its norm; 0 where that is 0 or not finite."""
        length = self.length(gradient, norm).to(gradient.dtype)
        usable = (length > 0) & length.isfinite()
        scaled = gradient / length.where(usable, 1)[self.group, None]
        return scaled.where(usable[self.group, None], 0.0)

    def steepest(self, gradient: Tensor, norm: Norm) -> Tensor:
        """The ascent of length 1 along which a group gains most."""
        unit = self.unit(gradient, norm)
        return unit if norm == "l2" else unit.sign()

    def within(self, cells: Tensor, radius: float, norm: Norm) -> Tensor:
        """The nearest point in the ball."""
        if norm == "sign":
            return cells.clamp(-radius, radius)
        length = self.length(cells, norm)
        factor = (radius / length.clamp(min=radius)).to(cells.dtype)
        return cells * factor[self.group, None]
