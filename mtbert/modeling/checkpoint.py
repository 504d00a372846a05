"""Checkpoints, whole or one task's part: safetensors plus readable settings.

Loading one executes no code. A part holds a task's own modules (head, projection, PAL), a small
share of a checkpoint. Its settings include the digest of the encoder that it was trained on: on
another encoder, pooling or encoding its outputs would be meaningless.
"""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import model_validator
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mtbert.core.errors import InputError
from mtbert.core.params import FaultsError, Settings, read_yaml, validate, write_yaml
from mtbert.core.tasks import Task
from mtbert.modeling.encoder import encoder_of, read_config
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.settings import ModelSettings, ModelTask

WEIGHTS, SETTINGS = "model.safetensors", "model.yaml"
PART_WEIGHTS, PART_SETTINGS = "part.safetensors", "part.yaml"


class CheckpointSettings(Settings):
    """Content of model.yaml: what to build around the weights."""

    model: ModelSettings
    tasks: dict[str, ModelTask]

    @model_validator(mode="after")
    def _whole(self) -> "CheckpointSettings":
        keyed = {"tasks": self.tasks, "heads": self.model.heads}
        keyed |= {"pooling": self.model.pooling, "projections": self.model.projections}
        faults = [
            ((key,), f"no entry for {task}, one of the model's tasks")
            for key, entries in keyed.items()
            for task in self.model.tasks
            if not isinstance(entries, dict) or task not in entries
        ]
        if faults:
            raise FaultsError(faults)
        self.model.check_projections()
        return self


def save_checkpoint(
    folder: Path,
    model: MultiTaskModel,
    *,
    settings: ModelSettings,
    tasks: Mapping[str, Task | ModelTask],
    tokens: Path,
) -> None:
    """Write weights, settings and tokenizer: all that a prediction needs."""
    _write_weights(folder / WEIGHTS, model)
    model.encoder.config.to_json_file(folder / "config.json", use_diff=False)
    named = {name: ModelTask.of(tasks[name]).model_dump(mode="json") for name in settings.tasks}
    write_yaml(
        folder / SETTINGS,
        {"model": settings.model_dump(mode="json"), "tasks": named},
        heading="How to rebuild the model around the weights beside this file.",
    )
    for name in ("tokenizer.json", "sequences.json"):
        if not (tokens / name).is_file():
            raise InputError(f"{tokens / name}: no such file; a checkpoint has its tokenizer in it")
        shutil.copyfile(tokens / name, folder / name)


def load_checkpoint(folder: Path) -> MultiTaskModel:
    """Rebuild the model that a checkpoint holds, on the CPU in fp32.

    Raises:
        InputError: a file is missing or broken, or the weights are not those of the settings; the
            message lists what differs.
    """
    path = folder / SETTINGS
    content = validate(CheckpointSettings, read_yaml(path), where=str(path))
    encoder = encoder_of(read_config(folder), pooler=content.model.needs_pooler)
    model = MultiTaskModel(encoder=encoder, settings=content.model, tasks=content.tasks)
    rule = f"{folder / WEIGHTS}: not the weights of the model in {SETTINGS} and config.json"
    _load_weights(folder / WEIGHTS, model, [], rule=rule)
    return model


def save_part(folder: Path, model: MultiTaskModel, task: str) -> None:
    """Write a task's own weights and the settings that they belong to."""
    _write_weights(folder / PART_WEIGHTS, _own_modules(model, task))
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
    _load_weights(folder / PART_WEIGHTS, modules, faults, rule=rule)


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


def _write_weights(path: Path, module: nn.Module) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in module.state_dict().items()}, path)


def _load_weights(path: Path, module: nn.Module, faults: list[str], *, rule: str) -> None:
    """Load a file's weights; raise InputError with the rule and what differs, if anything does."""
    try:
        weights: dict[str, Tensor] = load_file(path)
    except Exception as error:  # the Rust library raises its own type
        raise InputError(f"{path}: cannot be read: {error}") from None
    expected = module.state_dict()
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
    module.load_state_dict(weights)
