"""A task's own modules (head, projection, PAL), saved and loaded without the encoder.

Such a part is a small share of a checkpoint. With it go the settings and the digest of the encoder
that it was trained on: on another encoder, pooling or encoding its outputs would be meaningless.
"""

import hashlib
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, write_yaml
from mtbert.modeling.checkpoint import read_weights, weight_differences
from mtbert.modeling.model import MultiTaskModel

WEIGHTS, SETTINGS = "part.safetensors", "part.yaml"


def save_part(folder: Path, model: MultiTaskModel, task: str) -> None:
    """Write a task's own weights and, readable, the settings that they belong to.

    Raises:
        InputError: the model has no such task, or the task shares its projection.
    """
    modules = _modules(model, task)
    weights = {name: value.contiguous() for name, value in modules.state_dict().items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / WEIGHTS)
    write_yaml(
        folder / SETTINGS,
        describe_part(model, task),
        heading="What the weights beside this file were trained on.",
    )


def load_part(folder: Path, model: MultiTaskModel, task: str) -> None:
    """Put a saved part into a model, as the given task's; the rest of the model stays as it is.

    Raises:
        InputError: a file is missing or broken, or the part is another model's; the message lists
            every setting and every weight that differs.
    """
    modules = _modules(model, task)
    saved, expected = read_yaml(folder / SETTINGS), describe_part(model, task)
    faults = [
        f"{key}: expected {expected.get(key)}, found {saved.get(key)}"
        for key in sorted({*expected, *saved})
        if expected.get(key) != saved.get(key)
    ]
    weights = read_weights(folder / WEIGHTS)
    faults += weight_differences(modules.state_dict(), weights)
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults)
        raise InputError(f"{folder}: not a part for {task} of this model:\n{listed}")
    modules.load_state_dict(weights)


def describe_part(model: MultiTaskModel, task: str) -> dict[str, Any]:
    """Everything that decides a part's inputs and outputs."""
    settings = model.settings.model_dump(mode="json")
    described = {
        "labels": model.tasks[task].labels.model_dump(mode="json"),
        "encoding": "joint" if model.joint[task] else "siamese",
        "encoder": {"kind": model.encoder.config.model_type, "sha256": digest(model.encoder)},
        "pooling": settings["pooling"][task],
        "projection": settings["projections"][model.projection_owner[task]],
        "head": settings["heads"][task],
    }
    if task in model.adapter.task_parts:
        described["adaptation"] = settings["adaptation"]
    return described


def digest(encoder: nn.Module) -> str:
    """SHA-256 of all weights, with their names."""
    sha256 = hashlib.sha256()
    for name, value in sorted(encoder.state_dict().items()):
        sha256.update(name.encode())
        sha256.update(value.detach().cpu().contiguous().numpy().tobytes())
    return sha256.hexdigest()


def _modules(model: MultiTaskModel, task: str) -> nn.ModuleDict:
    """A task's own modules."""
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
