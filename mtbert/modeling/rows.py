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
    """With a mask: positions alone would let packed sequences see each other, silently."""
    config = encoder.config
    if not packs({"model_type": config.model_type, **vars(config)}):
        raise ValueError(f"{config.model_type}: not proven to take packed rows")
    architecture, mask = ARCHITECTURES[config.model_type], batch.visible()
    # Some architectures have a padding id of their own, whatever their config says.
    offset = encoder.embeddings.padding_idx + 1 if architecture.after_padding else 0
    inputs = {"input_ids": batch.input_ids, "position_ids": batch.position_ids + offset}
    inputs |= _types(encoder, batch)
    if architecture.masking == "inside":
        embedded = encoder.embeddings(**inputs, mask=batch.real())
        return encoder.encoder(embedded, mask).last_hidden_state  # type: ignore[no-any-return]
    masks: Any = mask
    if architecture.masking == "windowed":
        place = torch.arange(mask.shape[-1], device=mask.device)
        near = (place[:, None] - place).abs() <= config.sliding_window
        masks = {"full_attention": mask, "sliding_attention": mask & near}
    elif config._attn_implementation == "eager":
        # Eager attention adds its mask to the scores; the others take booleans.
        lowest = torch.finfo(torch.float32).min
        masks = torch.zeros_like(mask, dtype=torch.float32).masked_fill(~mask, lowest)
    return encoder(**inputs, attention_mask=masks).last_hidden_state  # type: ignore[no-any-return]


def encode_padded(encoder: Any, batch: TokenBatch) -> Tensor:
    """Rows of one sequence each, as Transformers takes them: positions are the encoder's own."""
    types = _types(encoder, batch)
    hidden: Tensor = encoder(
        input_ids=batch.input_ids, attention_mask=batch.real(), **types
    ).last_hidden_state
    return hidden


def encode_by_length(encoder: Any, batch: TokenBatch) -> Tensor:
    """Rows of one length at a time, so that no padding is there to change anything."""
    lengths, types = batch.real().sum(1), _types(encoder, batch)
    order, states = [], []
    for length in torch.unique(lengths).tolist():
        rows = (lengths == length).nonzero().flatten()
        cut = {name: value[rows, :length] for name, value in types.items()}
        hidden = encoder(input_ids=batch.input_ids[rows, :length], **cut).last_hidden_state
        states.append(nn.functional.pad(hidden, (0, 0, 0, batch.input_ids.shape[1] - length)))
        order.append(rows)
    return torch.cat(states)[torch.cat(order).argsort()]


def _types(encoder: Any, batch: TokenBatch) -> dict[str, Tensor]:
    """Token types for the models that take them, none beyond the number that they have."""
    count = getattr(encoder.config, "type_vocab_size", None)
    takes = "token_type_ids" in inspect.signature(encoder.forward).parameters
    if not takes or not isinstance(count, int):
        return {}
    return {"token_type_ids": batch.token_type_ids.clamp(max=max(0, count - 1))}
