"""A pair head's logits for every first vector with every second one."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from mtbert.modeling.vectors import PairFeatures

# Numbers of one intermediate result above which first vectors are taken in chunks, and what
# backpropagation needs of a chunk is worked out anew.
LIMIT = 2**23


def all_pairs(head: nn.Module, u: Tensor, v: Tensor, *, limit: int = LIMIT) -> Tensor:
    """Give the logits of all pairs: (first, size), (second, size) → (first, second, width).

    A head that is a linear layer on features gets them without laying features side by side; one
    with dropout of its features gets every pair's own mask, as if it were asked pair by pair.

    Args:
        head: Projections (u, v), each (example, size), to (example, width).
        u: First vectors.
        v: Second vectors.
        limit: See `LIMIT`.
    """
    give = _factored(head) or _one_by_one(head)
    chunk = max(1, limit // max(1, v.numel()))
    if chunk >= len(u):
        return give(u, v)
    parts = [checkpoint(give, some, v, use_reentrant=False) for some in torch.split(u, chunk)]
    return torch.cat(parts)


Give = Callable[[Tensor, Tensor], Tensor]


def _one_by_one(head: nn.Module) -> Give:
    """Send every pair through the head, in one batch."""

    def give(u: Tensor, v: Tensor) -> Tensor:
        pairs = (u.repeat_interleave(len(v), 0), v.repeat(len(u), 1))
        logits: Tensor = head(pairs)
        return logits.view(len(u), len(v), -1)

    return give


def _factored(head: nn.Module) -> Give | None:
    """Take the first linear layer apart by feature; None for a head that has none."""
    if not isinstance(head, nn.Sequential) or len(head) < 3:
        return None
    features, dropout, linear, *rest = head
    dropped = isinstance(dropout, nn.Dropout) and dropout.training and dropout.p > 0
    if not isinstance(features, PairFeatures) or not isinstance(linear, nn.Linear) or dropped:
        return None
    names, after = features.names, nn.Sequential(*rest)

    def give(u: Tensor, v: Tensor) -> Tensor:
        # Of a feature as wide as a vector, or of the cosine, which is one number.
        widths = [1 if name == "cosine" else u.shape[1] for name in names]
        blocks = torch.split(linear.weight, widths, dim=1)
        terms = [PARTS[name](u, v, block) for name, block in zip(names, blocks, strict=True)]
        total = sum(terms[1:], terms[0])
        total = total if linear.bias is None else total + linear.bias
        logits: Tensor = after(total.expand(len(u), len(v), -1))
        return logits

    return give


def _product(u: Tensor, v: Tensor, weight: Tensor) -> Tensor:
    """(u ∗ w) Vᵀ for few outputs w; for many it is less work to multiply u ∗ v by them."""
    if len(weight) < len(v):
        return ((u[:, None] * weight) @ v.T).transpose(1, 2)
    return functional.linear(u[:, None] * v, weight)


def _cosine(u: Tensor, v: Tensor, weight: Tensor) -> Tensor:
    cosine = functional.cosine_similarity(u[:, None], v[None], dim=-1)
    return cosine[:, :, None] * weight[:, 0]


# What a feature adds to the first layer: (first, size), (second, size), (output, feature) →
# something that broadcasts to (first, second, output).
PARTS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "u": lambda u, v, weight: functional.linear(u, weight)[:, None],
    "v": lambda u, v, weight: functional.linear(v, weight)[None],
    "abs_diff": lambda u, v, weight: functional.linear((u[:, None] - v).abs(), weight),
    "product": _product,
    "cosine": _cosine,
}
