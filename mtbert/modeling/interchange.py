"""The files of a checkpoint by which Transformers and sentence-transformers read its encoder.

An encoder whose pooler no task reads is saved without one: Transformers then says that it draws
one at random, which changes no hidden state.
"""

import inspect
import json
from typing import Any

from tokenizers import Tokenizer
from torch import nn

from mtbert.core.sequences import Sequences
from mtbert.modeling.pooling import ClsPooling, MaxPooling, MeanPooling
from mtbert.modeling.projections import NoProjection
from mtbert.modeling.settings import ModelSettings

SENTENCE_FILES = ("modules.json", "1_Pooling/config.json", "sentence_bert_config.json")
POOLED = {MeanPooling: "mean", ClsPooling: "cls", MaxPooling: "max"}
SPECIAL = {"unk_token": ("[UNK]", "<unk>"), "mask_token": ("[MASK]", "<mask>")}
MODULES = [
    ("", "sentence_transformers.models.Transformer"),
    ("1_Pooling", "sentence_transformers.models.Pooling"),
]


def encoder_config(encoder: Any) -> dict[str, Any]:
    """Content of an encoder's config.json, without the folder that it came from."""
    content: dict[str, Any] = json.loads(encoder.config.to_json_string(use_diff=False))
    content.pop("_name_or_path", None)
    return {**content, "architectures": [type(encoder).__name__]}


def tokenizer_config(
    tokenizer: Tokenizer, sequences: Sequences, encoder: nn.Module
) -> dict[str, Any]:
    """Content of the tokenizer_config.json with which AutoTokenizer gives our token ids."""
    takes_types = "token_type_ids" in inspect.signature(encoder.forward).parameters
    types = ["token_type_ids"] if takes_types else []
    ids = {"pad_token": sequences.pad}
    if len(sequences.prefix) == 1:
        ids["cls_token"] = sequences.prefix[0]
    if len(sequences.suffix) == 1:
        ids["sep_token"] = sequences.suffix[0]
    named = {key: tokenizer.id_to_token(number) for key, number in ids.items()}
    for key, words in SPECIAL.items():
        named[key] = next((word for word in words if tokenizer.token_to_id(word) is not None), None)
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": sequences.max_length,
        "model_input_names": ["input_ids", *types, "attention_mask"],
        "clean_up_tokenization_spaces": False,
        **{key: word for key, word in named.items() if word is not None},
    }


def sentence_task(settings: ModelSettings) -> str | None:
    """A task whose vectors of single texts are those of all siamese tasks; None if they differ.

    Without a siamese task, of all tasks on single texts.
    """
    siamese = [task for task in settings.tasks if settings.encoding.get(task) == "siamese"]
    tasks = siamese or [task for task in settings.tasks if task not in settings.encoding]
    ways = {
        (
            settings.pooling[task],
            settings.projection_owner(task) if _projects(settings, task) else "",
        )
        for task in tasks
    }
    alike = len(tasks) == 1 or (len(ways) == 1 and settings.adaptation.plain)
    return tasks[0] if tasks and alike else None


def _projects(settings: ModelSettings, task: str) -> bool:
    own = settings.projections[settings.projection_owner(task)]
    return not isinstance(own, NoProjection)


def sentence_transformers_files(
    settings: ModelSettings, sequences: Sequences, width: int
) -> dict[str, Any]:
    """Content of the files that sentence-transformers reads, by name.

    Empty unless it computes our vectors: siamese tasks that share a pooling of `POOLED`, without
    projection.
    """
    task = sentence_task(settings)
    if task is None or settings.encoding.get(task) != "siamese" or _projects(settings, task):
        return {}
    pooling = POOLED.get(type(settings.pooling[task]))
    if pooling is None or not settings.adaptation.plain:
        return {}
    modes = {f"pooling_mode_{name}_tokens": name == pooling for name in ("mean", "max")} | {
        "pooling_mode_cls_token": pooling == "cls"
    }
    return {
        "modules.json": [
            {"idx": number, "name": str(number), "path": path, "type": kind}
            for number, (path, kind) in enumerate(MODULES)
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": width, **modes},
        "sentence_bert_config.json": {
            "max_seq_length": sequences.max_length,
            "do_lower_case": False,
        },
    }
