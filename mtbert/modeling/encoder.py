"""The encoder: Transformers' own model, fed with packed rows where it takes them."""

import inspect
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mtbert.core.errors import InputError
from mtbert.core.params import read_json
from mtbert.modeling.architectures import ARCHITECTURES, PADDED, packs, takes_bf16
from mtbert.modeling.attention import register, with_fast_dropout
from mtbert.modeling.packing import TokenBatch

# A weight that belongs to one of several layers, by its name in Transformers.
IN_LAYER = re.compile(r"(^|\.)(layers?|blocks?|attentions|ffns)\.\d+\.")
IN_POOLER = re.compile(r"(^|\.)pooler\.")


def read_config(folder: Path) -> dict[str, Any]:
    """Read an encoder's config.json."""
    return read_json(folder / "config.json")


def load_encoder(folder: Path, *, vocabulary: int, pooler: bool = False) -> nn.Module:
    """Load a pretrained encoder in fp32, or make one with random weights where there are none.

    Random weights come from torch's global generator: seed it first. `vocabulary` is the size of
    the tokenizer's; without `pooler` the encoder's own is left out.

    Raises:
        InputError: the weights are not those of the architecture, lack the pooler, or do not fit
            the vocabulary; or the model does not encode text.
    """
    if not list(folder.glob("*.safetensors")):
        config = {**read_config(folder), "vocab_size": vocabulary}
        return with_fast_dropout(encoder_of(config, pooler=pooler))
    encoder = _pretrained(folder, pooler=pooler)
    entries = getattr(encoder.config, "vocab_size", vocabulary)
    if vocabulary > entries:
        raise InputError(
            f"{folder}: the tokenizer has {vocabulary} entries, the encoder only {entries}"
        )
    if encoder.config.model_type not in ARCHITECTURES:
        _try(encoder, folder)
    return with_fast_dropout(encoder)


def encoder_of(config: dict[str, Any], *, pooler: bool = False) -> nn.Module:
    """Make an encoder with random fp32 weights from the content of a config.json.

    Raises:
        InputError: Transformers does not know the architecture, or it is not an encoder.
    """
    from transformers import AutoConfig, AutoModel

    try:
        config = dict(config)
        full = AutoConfig.for_model(config.pop("model_type", ""), **config)
        encoder = AutoModel.from_config(  # type: ignore[no-untyped-call]
            full, dtype=torch.float32, attn_implementation=_attention(full)
        )
    # A config that does not fit fails somewhere in two libraries.
    except Exception as error:
        raise InputError(f"config.json: not an encoder's: {_line(error)}") from None
    return encoder if pooler else _without_pooler(encoder)  # type: ignore[no-any-return]


def _pretrained(folder: Path, *, pooler: bool) -> Any:
    from transformers import AutoConfig, AutoModel
    from transformers.utils import logging

    # Its progress bar fills a log with control characters.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        encoder, info = AutoModel.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            attn_implementation=_attention(config),
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except Exception as error:  # as above
        raise InputError(f"{folder}: cannot be loaded as an encoder: {_line(error)}") from None
    missing, extra = sorted(info["missing_keys"]), sorted(info["unexpected_keys"])
    if not pooler:
        encoder = _without_pooler(encoder)
        missing = [key for key in missing if not IN_POOLER.search(key)]
    _check_weights(folder, type(encoder).__name__, missing, extra)
    return encoder


def _check_weights(folder: Path, kind: str, missing: list[str], extra: list[str]) -> None:
    """Refuse a checkpoint whose missing weights would silently be random."""
    if missing and all(IN_POOLER.search(key) for key in missing):
        raise InputError(
            f"{folder}: model.safetensors lacks the pooler ({', '.join(missing)}): it was saved "
            f"without one, and a random one would spoil it; choose another pooling, such as cls"
        )
    if missing:
        raise InputError(
            f"{folder}: model.safetensors lacks {len(missing)} weights of a {kind}, such as "
            f"{', '.join(missing[:3])}: is it a checkpoint of another architecture?"
        )
    # A language model's head may be left out; layers that the config does not count may not.
    layers = [key for key in extra if IN_LAYER.search(key)]
    if layers:
        raise InputError(
            f"{folder}: model.safetensors has {len(layers)} weights that config.json does not "
            f"describe, such as {', '.join(layers[:3])}: is it the config of another model?"
        )


def _attention(config: Any) -> str:
    """Our attention or torch's where the architecture supports them, else the eager one."""
    from transformers import MODEL_MAPPING

    model: Any = MODEL_MAPPING[type(config)]
    model = model[0] if isinstance(model, tuple | list) else model
    if model._supports_sdpa and model._supports_attention_backend:
        return register()
    return "sdpa" if model._supports_sdpa else "eager"


def _without_pooler(encoder: Any) -> Any:
    """Leave the pooler out, as the model's own class does: no weight is left without gradient."""
    if "add_pooling_layer" in inspect.signature(type(encoder).__init__).parameters:
        encoder.pooler = None
    return encoder


def _try(encoder: Any, folder: Path) -> None:
    """Encode three tokens with an architecture that the tests do not cover."""
    try:
        # Not inference_mode: some models cache tensors that training needs later.
        with torch.no_grad():
            hidden = encoder(input_ids=torch.tensor([[1, 1, 1]])).last_hidden_state
        shape, size = tuple(hidden.shape), encoder.config.hidden_size
        if shape != (1, 3, size):
            raise ValueError(f"expected shape (1, 3, {size}), found {shape}")
    # A model that is not an encoder can fail with any error.
    except Exception as error:
        raise InputError(
            f"{folder}: {type(encoder).__name__} (model_type {encoder.config.model_type}) gives no "
            f"hidden state for each token of a text: {type(error).__name__}: {_line(error)}"
        ) from None


def encode(encoder: Any, batch: TokenBatch) -> Tensor:
    """Run the encoder over a batch: packed, padded, or one length at a time.

    Returns:
        Hidden states of the last layer, rows laid end to end: (row · token, hidden). Those of
        padding mean nothing.

    Raises:
        ValueError: packed rows for an encoder that is not proven to take them.
    """
    kind = encoder.config.model_type
    proven = kind in ARCHITECTURES or kind in PADDED
    way = _encode_packed if batch.packed else _encode_padded if proven else _encode_by_length
    fp32 = torch.autocast(batch.input_ids.device.type, enabled=False)
    with nullcontext() if takes_bf16({"model_type": kind}) else fp32:
        hidden: Tensor = way(encoder, batch).flatten(0, 1)
    return hidden


def _encode_packed(encoder: Any, batch: TokenBatch) -> Tensor:
    """Pass a mask: with positions alone, packed sequences would silently see each other."""
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


def _encode_padded(encoder: Any, batch: TokenBatch) -> Tensor:
    """Rows of one sequence each, as Transformers takes them: positions are the encoder's own."""
    inputs = {"input_ids": batch.input_ids, "attention_mask": batch.real()}
    return encoder(**inputs, **_types(encoder, batch)).last_hidden_state  # type: ignore[no-any-return]


def _encode_by_length(encoder: Any, batch: TokenBatch) -> Tensor:
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


def pooler_output(encoder: Any, first: Tensor) -> Tensor:
    """Send first tokens' hidden states through the encoder's own pooler: (sequence, hidden)."""
    if hasattr(encoder, "pooler_activation"):  # ALBERT has it outside of its pooler
        return encoder.pooler_activation(encoder.pooler(first))  # type: ignore[no-any-return]
    # The others select the first token themselves.
    return encoder.pooler(first.unsqueeze(1))  # type: ignore[no-any-return]


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
