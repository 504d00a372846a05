"""Three ways to run an encoder over the rows of a batch: packed, padded, one length at a time.

Each gives the last layer's hidden states, (row, token, hidden); those of padding mean nothing.
"""

import inspect
from typing import Any

import torch
from torch import Tensor, nn

from mtbert.modeling.architectures import ARCHITECTURES, packs
from mtbert.modeling.packing import TokenBatch


def encode_packed(encoder: Any, batch: TokenBatch) -> Tensor:
    """Positions alone would let packed sequences see each other, silently: a mask is given."""
    config = encoder.config
    if not packs({"model_type": config.model_type, **vars(config)}):
        raise ValueError(f"{config.model_type}: not proven to take packed rows")
    architecture = ARCHITECTURES[config.model_type]
    # Padding tokens see each other, so that no row of the mask is empty: softmax gives no NaN.
    mask = batch.sequence[:, None, :, None] == batch.sequence[:, None, None, :]
    # Some architectures have a padding id of their own, whatever their config says.
    offset = encoder.embeddings.padding_idx + 1 if architecture.after_padding else 0
    inputs = {
        "input_ids": batch.input_ids,
        "position_ids": batch.position_ids + offset,
        **_types(encoder, batch),
    }
    hidden: Tensor
    if architecture.masking == "inside":
        embedded = encoder.embeddings(**inputs, mask=_real(batch))
        hidden = encoder.encoder(embedded, mask).last_hidden_state
    elif architecture.masking == "windowed":
        place = torch.arange(mask.shape[-1], device=mask.device)
        near = (place[:, None] - place).abs() <= config.sliding_window
        masks = {"full_attention": mask, "sliding_attention": mask & near}
        hidden = encoder(**inputs, attention_mask=masks).last_hidden_state
    else:
        hidden = encoder(**inputs, attention_mask=_as_taken(mask, config)).last_hidden_state
    return hidden


def _as_taken(mask: Tensor, config: Any) -> Tensor:
    """Eager attention adds its mask to the scores, where the others take truth values."""
    if config._attn_implementation != "eager":
        return mask
    return torch.zeros_like(mask, dtype=torch.float32).masked_fill(
        ~mask, torch.finfo(torch.float32).min
    )


def encode_padded(encoder: Any, batch: TokenBatch) -> Tensor:
    """Encode rows of one sequence each, as everyone does: positions are the encoder's own."""
    hidden: Tensor = encoder(
        input_ids=batch.input_ids, attention_mask=_real(batch), **_types(encoder, batch)
    ).last_hidden_state
    return hidden


def encode_by_length(encoder: Any, batch: TokenBatch) -> Tensor:
    """Encode rows of one length at a time, so that no padding is there to change anything."""
    lengths = _real(batch).sum(1)
    types = _types(encoder, batch)
    order, found = [], []
    for length in torch.unique(lengths).tolist():
        rows = (lengths == length).nonzero().flatten()
        cut = {name: value[rows, :length] for name, value in types.items()}
        hidden = encoder(input_ids=batch.input_ids[rows, :length], **cut).last_hidden_state
        found.append(nn.functional.pad(hidden, (0, 0, 0, batch.input_ids.shape[1] - length)))
        order.append(rows)
    return torch.cat(found)[torch.cat(order).argsort()]


def _real(batch: TokenBatch) -> Tensor:
    """1 for tokens, 0 for padding, (row, token)."""
    return (batch.sequence < len(batch.starts)).long()


def _types(encoder: Any, batch: TokenBatch) -> dict[str, Tensor]:
    """Token types for the models that take them, none beyond the number that they have."""
    count = getattr(encoder.config, "type_vocab_size", None)
    takes = "token_type_ids" in inspect.signature(encoder.forward).parameters
    if not takes or not isinstance(count, int):
        return {}
    return {"token_type_ids": batch.token_type_ids.clamp(max=max(0, count - 1))}
