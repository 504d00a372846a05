"""Attention and dropout on a CPU, in faster operations; everywhere else, torch's own.

On a CPU torch's fused attention has no dropout: it falls back to single operations, in fp32. In
bf16 its backward takes several times as long as the products do, even without dropout.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

NAME = "mtbert"
# 16 bits suffice for dropout, and a 64-bit random word holds four such numbers.
STEPS, WORD = 2**16, 4


def register() -> str:
    """Register this attention with Transformers; give its name in a config."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    return NAME


def attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    """Softmax(Q Kᵀ scaling + mask) V: (row, head, token, width) each → (row, token, head, width).

    Scaling is 1 / sqrt(width) by default. The mask, (row, 1 or head, token, token), says where a
    query sees a key, or what is added to their product; None lets all see all. A position bias, a
    softcap or a cache among Transformers' options is left to the fused attention.
    """
    if attention_mask is None or not _plain(query, key, dropout, options):
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        options |= {"dropout": dropout, "scaling": scaling}
        return sdpa_attention_forward(module, query, key, value, attention_mask, **options)
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    mask = _additive(attention_mask, query.dtype)
    # Autocast would turn the softmax to fp32, which it is inside in any case.
    with torch.autocast("cpu", enabled=False):
        scores = torch.matmul(query * scaling, key.transpose(2, 3)).add_(mask)
        weights = torch.softmax(scores, dim=-1)
        if dropout:
            kept = dropout_mask(weights.shape, dropout)
            outputs = torch.matmul(weights * kept, value) / (1 - dropout)
        else:
            outputs = torch.matmul(weights, value)
    return outputs.transpose(1, 2).contiguous(), None


def _plain(query: Tensor, key: Tensor, dropout: float, options: Mapping[str, Any]) -> bool:
    """Whether plain products are faster here, and no option needs more than them."""
    special = any(options.get(name) is not None for name in ("position_bias", "softcap", "cache"))
    alike = query.shape[1] == key.shape[1]
    slow = dropout > 0 or query.dtype == torch.bfloat16
    return query.device.type == "cpu" and slow and alike and not special


def _additive(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """Turn a mask into numbers that are added to scores."""
    if mask.dtype != torch.bool:
        return mask.to(dtype)
    low = torch.finfo(dtype).min
    return torch.zeros_like(mask, dtype=dtype).masked_fill_(~mask, low)


def dropout_mask(shape: torch.Size, dropout: float) -> Tensor:
    """Draw which weights are kept, each with probability 1 - dropout up to 2^-17.

    Several times as fast as a Bernoulli draw for each.
    """
    words = torch.empty(-(-shape.numel() // WORD), dtype=torch.int64).random_(-(2**63), None)
    numbers = words.view(torch.int16)[: shape.numel()].view(shape)
    return numbers >= round(dropout * STEPS) - STEPS // 2


class MaskDropout(nn.Dropout):
    """torch's dropout, but on a CPU, where a Bernoulli draw is 8 % of a step."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop each element with probability p in training, and scale up the others."""
        if not (self.training and self.p and input.device.type == "cpu"):
            return super().forward(input)
        return input * dropout_mask(input.shape, self.p) / (1 - self.p)


def with_fast_dropout(encoder: nn.Module) -> nn.Module:
    """Let an encoder's dropout modules draw their masks as attention does; give the encoder."""
    for module in encoder.modules():
        for name, child in module.named_children():
            if type(child) is nn.Dropout:
                setattr(module, name, MaskDropout(child.p))
    return encoder
