"""What is one task's own — its head, its map, its PAL — saved and loaded without the encoder.

Such a part is a small share of a checkpoint. It says what it was trained behind: behind another
encoder, pooling or encoding it would give numbers without meaning, and is refused.
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
        InputError: the model has no such task, or the task shares its map.
    """
    modules = _modules(model, task)
    weights = {name: value.contiguous() for name, value in modules.state_dict().items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / WEIGHTS)
    write_yaml(
        folder / SETTINGS,
        describe_part(model, task),
        heading="What the weights beside this file were trained behind.",
    )


def load_part(folder: Path, model: MultiTaskModel, task: str) -> None:
    """Put a saved part into a model, as the given task's; the rest of the model stays as it is.

    Raises:
        InputError: a file is missing or broken, or the part is another model's; the message lists
            every setting and every weight that differs.
    """
    modules = _modules(model, task)
    found, expected = read_yaml(folder / SETTINGS), describe_part(model, task)
    faults = [
        f"{key}: expected {expected.get(key)}, found {found.get(key)}"
        for key in sorted({*expected, *found})
        if expected.get(key) != found.get(key)
    ]
    weights = read_weights(folder / WEIGHTS)
    faults += weight_differences(modules.state_dict(), weights)
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults)
        raise InputError(f"{folder}: not a part for {task} of this model:\n{listed}")
    modules.load_state_dict(weights)


def describe_part(model: MultiTaskModel, task: str) -> dict[str, Any]:
    """All that decides what a task's part is given, and what it gives."""
    settings = model.settings.model_dump(mode="json")
    described = {
        "labels": model.tasks[task].labels.model_dump(mode="json"),
        "encoding": "joint" if model.joint[task] else "siamese",
        "encoder": {"kind": model.encoder.config.model_type, "sha256": digest(model.encoder)},
        "pooling": settings["pooling"][task],
        "map": settings["projections"][model.owner[task]],
        "head": settings["heads"][task],
    }
    if task in model.adapter.task_parts:
        described["adaptation"] = settings["adaptation"]
    return described


def digest(encoder: nn.Module) -> str:
    """SHA-256 of all weights, with their names."""
    found = hashlib.sha256()
    for name, value in sorted(encoder.state_dict().items()):
        found.update(name.encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def _modules(model: MultiTaskModel, task: str) -> nn.ModuleDict:
    """A task's own modules."""
    if task not in model.heads:
        raise InputError(f"no task {task!r} in this model; it has {', '.join(model.heads)}")
    users = [name for name, owner in model.owner.items() if owner == model.owner[task]]
    if len(users) > 1:
        raise InputError(f"{task} has no part of its own: its map serves {' and '.join(users)}")
    modules = {"head": model.heads[task], "map": model.projections[task]}
    if task in model.adapter.task_parts:
        modules["adapter"] = model.adapter.task_parts[task]
    return nn.ModuleDict(modules)
