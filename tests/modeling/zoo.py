"""Tiny encoders of many architectures, with weights at which a wrong mask or position shows.

And the shapes of rows that several tests use.
"""

from dataclasses import replace

import torch
from torch import nn

from mtbert.modeling.architectures import ARCHITECTURES
from mtbert.modeling.encoder import encoder_of
from mtbert.modeling.packing import RowShape

from tiny import tiny_config

PACKED = RowShape([1], [2], [2], [0, 1], pad=0, max_length=32, row_length=32)
PADDED_ROWS = replace(PACKED, packed=False)
DEBERTA = {"relative_attention": True, "position_biased_input": False, "type_vocab_size": 0}
QUIET = {"dropout": 0.0, "attention_dropout": 0.0}
# What a tiny config says beside BERT's words.
MORE = {
    "albert": {"embedding_size": 16},
    "convbert": {"embedding_size": 24},
    "deberta": {**DEBERTA, "pos_att_type": ["c2p", "p2c"]},
    # As DeBERTa-v3: buckets of distances, shared keys.
    "deberta-v2": {
        **DEBERTA,
        "pos_att_type": ["p2c", "c2p"],
        "position_buckets": 8,
        "norm_rel_ebd": "layer_norm",
        "share_att_key": True,
    },
    "electra": {"embedding_size": 16},
    "ernie": {"use_task_id": True},
    "eurobert": {"num_key_value_heads": 2, "bos_token_id": 1, "eos_token_id": 2},
    "longformer": {"attention_window": 8},
    "luke": {"entity_vocab_size": 10, "entity_emb_size": 8},
    "mobilebert": {"intra_bottleneck_size": 12, "true_hidden_size": 12, "embedding_size": 16},
    # A window of 4 tokens to either side, in every layer but the first.
    "modernbert": {
        "local_attention": 8,
        "num_hidden_layers": 3,
        **dict.fromkeys(("bos_token_id", "cls_token_id"), 1),
        **dict.fromkeys(("eos_token_id", "sep_token_id"), 2),
    },
    "rembert": {"input_embedding_size": 16},
    "xmod": {"languages": ["en_XX"], "default_language": "en_XX"},
}
XLM = {"n_words": 100, "emb_dim": 24, "n_layers": 2, "n_heads": 4, "pad_token_id": 1, **QUIET}
WIDE = {"vocab_size": 100, "d_model": 24, "n_head": 4, "d_inner": 48}
# Architectures that share few words with BERT.
OTHER = {
    "distilbert": {"vocab_size": 100, "dim": 24, "n_layers": 2, "n_heads": 4, "hidden_dim": 48}
    | QUIET,
    "flaubert": XLM,
    "funnel": {**WIDE, "d_head": 6, "block_sizes": [1, 2], "architectures": ["FunnelModel"]}
    | {"num_decoder_layers": 1, "hidden_dropout": 0.0, "attention_dropout": 0.0},
    "xlm": XLM,
    "xlnet": {**WIDE, "n_layer": 2, "dropout": 0.0},
}


def config_of(kind, **changes):
    """Content of a config.json: 24 wide, 2 or 3 layers, 100 words, dropout off."""
    architecture = ARCHITECTURES.get(kind)
    # MPNet's code says 1 and asks no config: the trap that a config with another id would set.
    pad = 1 if architecture and architecture.after_padding and kind != "mpnet" else 0
    words = OTHER.get(kind) or tiny_config(pad_token_id=pad, **MORE.get(kind, {}))
    return {**words, "model_type": kind, **changes}


def tiny_encoder(kind, *, pooler=False, **changes):
    """An encoder whose scores and positions differ by more than any tolerance."""
    torch.manual_seed(0)
    encoder = encoder_of(config_of(kind, **changes), pooler=pooler).eval()
    for parameter in encoder.parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, std=0.25)
    return encoder
