"""The encoder: Transformers' own model, fed with rows of packed sequences.

Which architectures are right on packed rows, `download` knows and lets through.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mtbert.errors import InputError
from mtbert.modeling.packing import Batch


def load_encoder(folder: Path, *, vocabulary: int) -> nn.Module:
    """Load a pretrained encoder in fp32, or make one with random weights where there are none.

    Random weights come from torch's global generator: seed it first.

    Args:
        folder: Holds config.json, and model.safetensors where the encoder is pretrained.
        vocabulary: Size of the tokenizer's vocabulary.

    Raises:
        InputError: the weights are not those of the architecture, or the vocabulary does not fit.
    """
    from transformers import AutoModel
    from transformers.utils import logging

    # Its bar of loaded weights fills a log with control characters.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]

    if not list(folder.glob("*.safetensors")):
        return encoder_of({**read_config(folder), "vocab_size": vocabulary})
    try:
        encoder, info = AutoModel.from_pretrained(
            folder,
            dtype=torch.float32,
            attn_implementation="sdpa",
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise InputError(f"{folder}: cannot be loaded as an encoder: {_line(error)}") from None
    # A pooler is not part of every checkpoint, and no pooling reads it.
    missing = sorted(key for key in info["missing_keys"] if not key.startswith("pooler."))
    if missing:
        raise InputError(
            f"{folder}: model.safetensors lacks {len(missing)} weights of a "
            f"{type(encoder).__name__}, such as {', '.join(missing[:3])}: is it a checkpoint of "
            f"another architecture?"
        )
    # A language model's head may be left out; layers that the config does not count may not.
    extra = sorted(key for key in info["unexpected_keys"] if ".layer." in key)
    if extra:
        raise InputError(
            f"{folder}: model.safetensors has {len(extra)} weights that config.json knows nothing "
            f"of, such as {', '.join(extra[:3])}: is it the config of another model?"
        )
    if vocabulary > encoder.config.vocab_size:
        raise InputError(
            f"{folder}: the tokenizer has {vocabulary} entries, the encoder only "
            f"{encoder.config.vocab_size}"
        )
    return encoder  # type: ignore[no-any-return]


def encoder_of(config: dict[str, Any]) -> nn.Module:
    """Make an encoder with random weights from the content of a config.json.

    Raises:
        InputError: Transformers does not know the architecture, or it is not an encoder.
    """
    from transformers import AutoConfig, AutoModel

    try:
        config = dict(config)
        made = AutoConfig.for_model(config.pop("model_type", ""), **config)
        encoder: nn.Module = AutoModel.from_config(made, attn_implementation="sdpa")  # type: ignore[no-untyped-call]
        return encoder
    except (ValueError, KeyError) as error:
        raise InputError(f"config.json: not an encoder's: {_line(error)}") from None


def read_config(folder: Path) -> dict[str, Any]:
    """Read an encoder's config.json.

    Raises:
        InputError: it is missing or not JSON.
    """
    path = folder / "config.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {_line(error)}") from None


def encode(encoder: nn.Module, batch: Batch) -> Tensor:
    """Run the encoder over a batch.

    Positions alone would let packed sequences see each other, silently: the mask is always given.

    Returns:
        Hidden states of the last layer, rows laid end to end: (row · token, hidden).
    """
    # Padding tokens see each other, so that no row of the mask is empty: softmax gives no NaN.
    mask = batch.sequence[:, None, :, None] == batch.sequence[:, None, None, :]
    hidden: Tensor = encoder(
        input_ids=batch.input_ids,
        attention_mask=mask,
        position_ids=batch.position_ids,
        token_type_ids=batch.token_type_ids,
    ).last_hidden_state
    return hidden.flatten(0, 1)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
