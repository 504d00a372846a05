"""What several rooms' tests need: a tiny encoder, and token lists of chosen lengths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mtbert.core.schemas import Ragged

if TYPE_CHECKING:
    pass

ROOT = Path(__file__).parent.parent


def ragged(lengths, *, seed=0, vocabulary=90):
    """Random token ids from 10 up, as lists of the given lengths."""
    ids = np.random.default_rng(seed).integers(10, vocabulary, sum(lengths))
    return Ragged(ids, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def tiny_config(**changes):
    """Content of the config.json of an encoder that runs in milliseconds, dropout off."""
    return {
        "model_type": "bert",
        "vocab_size": 100,
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "max_position_embeddings": 64,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "pad_token_id": 0,
        **changes,
    }


def model_settings(**changes):
    """The default strategy's model settings, on three tasks, with some keys changed."""
    from mtbert.core.params import read_yaml, validate
    from mtbert.modeling.settings import ModelSettings

    train = read_yaml(ROOT / "params.yaml")["train"]
    fields = {key: train[key] for key in ModelSettings.model_fields}
    fields = {key: changes.get(key, value) for key, value in fields.items()}
    for key in ("pooling", "projections"):
        if not isinstance(fields[key], dict) or "name" in fields[key]:
            fields[key] = dict.fromkeys(fields["tasks"], fields[key])
    return validate(ModelSettings, fields, where="train")


def tiny_model(settings, *, seed=0):
    """A model of the project's own tasks around a tiny encoder."""
    import torch

    from mtbert.core.tasks import read_tasks
    from mtbert.modeling.encoder import encoder_of
    from mtbert.modeling.model import MultiTaskModel

    torch.manual_seed(seed)
    encoder = encoder_of(tiny_config(), pooler=settings.needs_pooler)
    return MultiTaskModel(
        encoder=encoder, settings=settings, tasks=read_tasks(ROOT / "params.yaml")
    )


def tiny_split(size, *, paired, seed=0, longest=20):
    """A split of random texts, without labels."""
    from mtbert.core.schemas import Tokens

    lengths = np.random.default_rng(seed).integers(1, longest, size).tolist()
    second = ragged(lengths[::-1], seed=seed + 1) if paired else None
    return Tokens([str(i) for i in range(size)], ragged(lengths), second, np.full(size, np.nan))
