"""Facts about an encoder's architecture, from config.json or file headers, before it is loaded.

Light: imports neither torch nor transformers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mtbert.core.errors import InputError

# How an encoder takes a mask of which token sees which:
# whole: one for all layers, beside the input.
# windowed: one for the layers that see all of a sequence, one for those that see a window.
# inside: only its stack of layers takes one; its embeddings take a padding mask.
Masking = Literal["whole", "windowed", "inside"]


@dataclass(frozen=True)
class Architecture:
    """Properties of an architecture that packed rows and poolings depend on."""

    pooler: bool  # whether its bare model ends in a pooler of first tokens
    after_padding: bool = False  # whether positions count from the padding id + 1, not from 0
    masking: Masking = "whole"
    bf16: bool = True  # whether Transformers' code runs in mixed precision


_POOLED = Architecture(pooler=True)
_PLAIN = Architecture(pooler=False)
_AFTER_PADDING = Architecture(pooler=True, after_padding=True)

# Keyed by config.json's model_type. Tests prove that these give the same numbers on packed rows as
# on each sequence alone. Any other would run too, and might silently be wrong.
ARCHITECTURES: dict[str, Architecture] = {
    "albert": _POOLED,
    "bert": _POOLED,
    "camembert": _AFTER_PADDING,
    "data2vec-text": _AFTER_PADDING,
    "deberta": Architecture(pooler=False, masking="inside", bf16=False),
    "deberta-v2": Architecture(pooler=False, masking="inside"),
    "distilbert": _PLAIN,
    "electra": _PLAIN,
    "ernie": _POOLED,
    "eurobert": _PLAIN,
    "gte": _PLAIN,
    "jina_embeddings_v3": _POOLED,
    "megatron-bert": _POOLED,
    "modernbert": Architecture(pooler=False, masking="windowed"),
    "mpnet": _AFTER_PADDING,
    "nomic_bert": _PLAIN,
    "rembert": _POOLED,
    "roberta": _AFTER_PADDING,
    "roberta-prelayernorm": _AFTER_PADDING,
    "xlm-roberta": _AFTER_PADDING,
    "xlm-roberta-xl": _AFTER_PADDING,
    "xmod": Architecture(pooler=True, after_padding=True, bf16=False),
}
# Proven on padded rows alone. Architectures in neither list run without padding, one length at a
# time: in ConvBERT, FNet, Funnel, MobileBERT and others padding changes neighbouring tokens.
PADDED = frozenset(
    {"big_bird", "flaubert", "ibert", "layoutlm", "longformer", "luke", "roformer", "xlm", "xlnet"}
)

HIDDEN_SIZE = ("hidden_size", "dim", "emb_dim", "d_model", "n_embd")


def packs(config: Mapping[str, Any]) -> bool:
    """Whether an encoder is proven to take packed rows, from the content of its config.json."""
    # DeBERTa-v2's xlarge sizes have a convolution, which reaches over the end of a sequence.
    convolves = (config.get("conv_kernel_size") or 0) > 0
    return config.get("model_type") in ARCHITECTURES and not convolves


def usable_layout(layout: str, config: Mapping[str, Any]) -> tuple[str, str]:
    """Give the layout, or padded and the reason where packed rows may be wrong."""
    if layout == "padded" or packs(config):
        return layout, ""
    return "padded", f"model_type {config.get('model_type')} is not proven to take packed rows"


def has_pooler(config: Mapping[str, Any]) -> bool:
    """Whether an encoder's bare model is known to have a pooler of first tokens."""
    return ARCHITECTURES.get(str(config.get("model_type")), _PLAIN).pooler


def takes_bf16(config: Mapping[str, Any]) -> bool:
    """Whether an encoder runs in mixed precision; unknown architectures are assumed to."""
    return ARCHITECTURES.get(str(config.get("model_type")), _PLAIN).bf16


def hidden_size(config: Mapping[str, Any]) -> int:
    """Width of the hidden states, from the content of a config.json.

    Raises:
        InputError: no key gives it as a whole number above 0.
    """
    value = next((config[key] for key in HIDDEN_SIZE if key in config), None)
    if type(value) is not int or value < 1:
        keys = " or ".join(HIDDEN_SIZE)
        raise InputError(f"config.json: {keys}: expected a whole number above 0, found {value!r}")
    return value


def pooler_in_weights(folder: Path) -> bool:
    """Whether an encoder's safetensors hold a pooler; true where there are no weight files.

    Many are saved from a language model, which has none. Reads the files' headers alone.

    Raises:
        InputError: a file is not whole or not safetensors.
    """
    from safetensors import SafetensorError, safe_open

    names: list[str] = []
    for path in (paths := sorted(folder.glob("*.safetensors"))):
        try:
            with safe_open(path, framework="np") as file:
                names += file.keys()
        except SafetensorError as error:
            raise InputError(f"{path}: not whole or not safetensors: {error}") from None
    return not paths or any("pooler" in name.split(".") for name in names)
