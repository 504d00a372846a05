"""Checkpoints, whole or one task's part: safetensors plus readable settings.

Loading one executes no code. The encoder lies in config.json and model.safetensors under
Transformers' own names; where an adaptation changes what it computes, under names that Transformers
does not read. A part holds a task's own modules (head, projection, PAL), a small share of a
checkpoint. Its settings include the digest of the encoder that it was trained on: on another
encoder, pooling or encoding its outputs would be meaningless.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from mtbert.core.errors import InputError
from mtbert.core.outputs import write_text
from mtbert.core.params import read_json, read_yaml, write_yaml
from mtbert.core.sequences import SEQUENCES, read_sequences
from mtbert.core.tasks import Task
from mtbert.modeling.encoder import encoder_of
from mtbert.modeling.interchange import (
    SENTENCE_FILES,
    encoder_config,
    sentence_transformers_files,
    tokenizer_config,
)
from mtbert.modeling.manifest import (
    MANIFEST,
    CheckpointTask,
    TrainingFacts,
    new_manifest,
    read_manifest,
)
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.settings import ModelSettings, ModelTask

# Of the encoder; where only our own code runs it, the second
CONFIG, WEIGHTS = (
    ("config.json", "adapted_config.json"),
    ("model.safetensors", "adapted.safetensors"),
)
# Heads, projections and what an adaptation adds
HEADS = "heads.safetensors"
TOKENIZER = "tokenizer.json"
# Of a checkpoint of any model
ALL_FILES = {*CONFIG, *WEIGHTS, HEADS, TOKENIZER, "tokenizer_config.json", SEQUENCES, MANIFEST}
ALL_FILES |= {*SENTENCE_FILES}
PART_WEIGHTS, PART_SETTINGS = "part.safetensors", "part.yaml"


def save_checkpoint(
    folder: Path,
    model: MultiTaskModel,
    *,
    settings: ModelSettings,
    tasks: Mapping[str, Task | ModelTask],
    tokens: Path,
    training: TrainingFacts | None = None,
) -> None:
    """Write all that a prediction needs, and what sentence-transformers needs where it can.

    Updates beside the encoder's weights (LoRA) are added to them. `tokens` is the folder of the
    tokenizer and sequences.json.
    """
    adaptation, encoder = settings.adaptation, model.encoder
    settings = settings.model_copy(update={"adaptation": adaptation.merged})
    for name in (TOKENIZER, SEQUENCES):
        if not (tokens / name).is_file():
            raise InputError(f"{tokens / name}: no such file; a checkpoint has its tokenizer in it")
    folder.mkdir(parents=True, exist_ok=True)
    for name in (TOKENIZER, SEQUENCES):
        shutil.copyfile(tokens / name, folder / name)
    _write_weights(folder / WEIGHTS[not adaptation.plain], adaptation.weights(encoder))
    _write_weights(folder / HEADS, _beside_encoder(model))
    sequences, tokenizer = read_sequences(folder), Tokenizer.from_file(str(folder / TOKENIZER))
    named = {name: CheckpointTask.of(tasks[name]) for name in settings.tasks}
    files = {CONFIG[not adaptation.plain]: encoder_config(encoder)}
    if not adaptation.plain:
        # Transformers then says that it does not know this architecture.
        files["config.json"] = {"model_type": "mtbert", "architectures": ["MultiTaskModel"]}
    files["tokenizer_config.json"] = tokenizer_config(tokenizer, sequences, encoder)
    files |= sentence_transformers_files(settings, sequences, encoder.config.hidden_size)
    files[MANIFEST] = new_manifest(settings, named, training).model_dump(mode="json")
    for name, content in files.items():
        write_text(folder / name, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    # Others may read it, whatever the library that wrote a file thinks.
    for path in folder.rglob("*.*"):
        path.chmod(0o644)


def load_checkpoint(folder: Path) -> MultiTaskModel:
    """Rebuild the model that a checkpoint holds, on the CPU in fp32.

    Raises:
        InputError: the folder is no checkpoint, or one of a newer format; a file is missing or
            broken; the weights are not those of the settings: the message lists what differs.
    """
    manifest = read_manifest(folder)
    settings = manifest.model
    config, weights = (names[not settings.adaptation.plain] for names in (CONFIG, WEIGHTS))
    encoder = encoder_of(read_json(folder / config), pooler=settings.needs_pooler)
    model = MultiTaskModel(encoder=encoder, settings=settings, tasks=manifest.tasks)
    rule = f"{folder / weights}: not the encoder of {config}"
    _load_weights(folder / weights, encoder.state_dict(), [], rule=rule)
    rule = f"{folder / HEADS}: not the heads of the model in {MANIFEST}"
    _load_weights(folder / HEADS, _beside_encoder(model), [], rule=rule)
    return model


def _beside_encoder(model: MultiTaskModel) -> dict[str, Tensor]:
    state = model.state_dict()
    return {name: value for name, value in state.items() if not name.startswith("encoder.")}


def save_part(folder: Path, model: MultiTaskModel, task: str) -> None:
    """Write a task's own weights and the settings that they belong to."""
    _write_weights(folder / PART_WEIGHTS, _own_modules(model, task).state_dict())
    write_yaml(
        folder / PART_SETTINGS,
        _describe_part(model, task),
        heading="What the weights beside this file were trained on.",
    )


def load_part(folder: Path, model: MultiTaskModel, task: str) -> None:
    """Put a saved part into a model, as the given task's; the rest of the model stays as it is.

    Raises:
        InputError: a file is missing or broken, or the part is another model's; the message lists
            every setting and every weight that differs.
    """
    modules = _own_modules(model, task)
    saved, expected = read_yaml(folder / PART_SETTINGS), _describe_part(model, task)
    faults = [
        f"{key}: expected {expected.get(key)}, found {saved.get(key)}"
        for key in sorted({*expected, *saved})
        if expected.get(key) != saved.get(key)
    ]
    rule = f"{folder}: not a part for {task} of this model"
    _load_weights(folder / PART_WEIGHTS, modules.state_dict(), faults, rule=rule)


def _describe_part(model: MultiTaskModel, task: str) -> dict[str, Any]:
    """Everything that decides a part's inputs and outputs."""
    settings, sha256 = model.settings.model_dump(mode="json"), hashlib.sha256()
    for name, value in sorted(model.encoder.state_dict().items()):
        sha256.update(name.encode())
        sha256.update(value.detach().cpu().contiguous().numpy().tobytes())
    described = {
        "labels": model.tasks[task].labels.model_dump(mode="json"),
        "encoding": "joint" if model.joint[task] else "siamese",
        "encoder": {"kind": model.encoder.config.model_type, "sha256": sha256.hexdigest()},
        "pooling": settings["pooling"][task],
        "projection": settings["projections"][model.projection_owner[task]],
        "head": settings["heads"][task],
    }
    if task in model.adapter.task_parts:
        described["adaptation"] = settings["adaptation"]
    return described


def _own_modules(model: MultiTaskModel, task: str) -> nn.ModuleDict:
    """Head, projection and PAL; a task that shares its projection is refused."""
    if task not in model.heads:
        raise InputError(f"no task {task!r} in this model; it has {', '.join(model.heads)}")
    owners = model.projection_owner
    users = [name for name in owners if owners[name] == owners[task]]
    if len(users) > 1:
        raise InputError(f"{task} has no part of its own: {' and '.join(users)} share a projection")
    modules = {"head": model.heads[task], "projection": model.projections[task]}
    if task in model.adapter.task_parts:
        modules["adapter"] = model.adapter.task_parts[task]
    return nn.ModuleDict(modules)


def _write_weights(path: Path, weights: Mapping[str, Tensor]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Transformers refuses a file that does not name a library.
    tensors = {name: value.contiguous() for name, value in weights.items()}
    save_file(tensors, path, metadata={"format": "pt"})


def _load_weights(
    path: Path, expected: Mapping[str, Tensor], faults: list[str], *, rule: str
) -> None:
    """Copy a file's weights into a module's; raise InputError with the rule and what differs."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        weights: dict[str, Tensor] = load_file(path)
    except Exception as error:  # the Rust library raises its own type
        raise InputError(f"{path}: cannot be read, it may be truncated: {error}") from None
    faults += [f"{name}: missing" for name in sorted(set(expected) - set(weights))]
    faults += [f"{name}: not part of the model" for name in sorted(set(weights) - set(expected))]
    faults += [
        f"{name}: expected shape {list(expected[name].shape)}, found {list(weights[name].shape)}"
        for name in sorted(set(expected) & set(weights))
        if expected[name].shape != weights[name].shape
    ]
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults[:20])
        raise InputError(f"{rule}; {len(faults)} differ:\n{listed}")
    # A state dict shares its memory with the module.
    for name, value in expected.items():
        value.copy_(weights[name])
