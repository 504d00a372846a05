"""Option types and layers that projections and heads share; imports torch only to build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

if TYPE_CHECKING:
    from torch import nn

Activation = Literal["relu", "gelu", "tanh", "none"]
Dropout = Annotated[float, Field(ge=0, lt=1)]
# Features of two sentence vectors u and v that a head can read
Feature = Literal["u", "v", "abs_diff", "product", "cosine"]
CosineForm = Literal["signed", "relu", "shifted"]


def stack(
    size: int, widths: Sequence[int], *, activation: Activation, dropout: float
) -> list[nn.Module]:
    """Linear, activation, dropout for each width: (example, size) → (example, last width)."""
    from torch import nn

    kinds = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh, "none": nn.Identity}
    modules: list[nn.Module] = []
    for width in widths:
        modules += [nn.Linear(size, width), kinds[activation](), nn.Dropout(dropout)]
        size = width
    return modules
