"""What several rooms' tests need: a tiny encoder, and token lists of chosen lengths."""

from __future__ import annotations

import json
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


# Special tokens, letters and a few words; as large as tiny_config's vocabulary.
WORDS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz", *".,?!'"]
WORDS += [f"##{letter}" for letter in WORDS[5:31]]
WORDS += ["a", "film", "fine", "how", "are", "you", "old", "dull", "the", "is", "it", "good"]
SEQUENCES = {
    **{"prefix": [1], "middle": [2], "suffix": [2], "types": [0, 1], "pad": 0},
    **{"max_length": 24, "vocabulary": 100},
}


def tiny_tokenizer(folder):
    """Write a tokenizer of 100 pieces and sequences.json."""
    from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

    words = dict.fromkeys(WORDS)
    words |= dict.fromkeys(f"[unused{i}]" for i in range(100 - len(words)))
    tokenizer = BertWordPieceTokenizer({word: i for i, word in enumerate(words)}, lowercase=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "sequences.json").write_text(json.dumps(SEQUENCES))
    return folder


def saved_weights(folder):
    """All weights of a checkpoint, by their names in the model."""
    from safetensors.numpy import load_file

    beside = load_file(folder / "heads.safetensors")
    (encoder,) = set(folder.glob("*.safetensors")) - {folder / "heads.safetensors"}
    return {f"encoder.{name}": value for name, value in load_file(encoder).items()} | beside


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
