"""Names of what a head can see of two sentence vectors u and v."""

from typing import Literal

Feature = Literal["u", "v", "abs_diff", "product", "cosine"]

SINGLE: tuple[Feature, ...] = ("u",)
COSINE: Feature = "cosine"
