"""What several rooms' tests need: a tiny encoder, and token lists of chosen lengths."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mtbert.schemas import Ragged

ROOT = Path(__file__).parent.parent


def ragged(lengths: Sequence[int], *, seed: int = 0, vocabulary: int = 90) -> Ragged:
    """Random token ids from 10 up, as lists of the given lengths."""
    ids = np.random.default_rng(seed).integers(10, vocabulary, sum(lengths))
    return Ragged(ids, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def tiny_config(**changes: object) -> dict[str, object]:
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
