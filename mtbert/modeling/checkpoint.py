"""Checkpoints: safetensors plus readable settings; loading one executes no code."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import model_validator
from safetensors.torch import load_file, save_file
from torch import Tensor

from mtbert.core.errors import InputError
from mtbert.core.params import FaultsError, Settings, read_json, read_yaml, validate, write_yaml
from mtbert.core.tasks import Task
from mtbert.modeling.encoder import encoder_of, read_config
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.settings import ModelSettings, ModelTask

WEIGHTS, SETTINGS = "model.safetensors", "model.yaml"


class CheckpointSettings(Settings):
    """Content of model.yaml: what to build around the weights."""

    model: ModelSettings
    tasks: dict[str, ModelTask]

    @model_validator(mode="after")
    def _whole(self) -> "CheckpointSettings":
        keyed = {"tasks": self.tasks, "heads": self.model.heads}
        keyed |= {"pooling": self.model.pooling, "projections": self.model.projections}
        faults = [
            ((key,), f"nothing of {task}, one of the model's tasks")
            for key, named in keyed.items()
            for task in self.model.tasks
            if not isinstance(named, dict) or task not in named
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
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / WEIGHTS)
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
    settings, tasks = content.model, content.tasks
    encoder = encoder_of(read_config(folder), pooler=settings.needs_pooler)
    model = MultiTaskModel(encoder=encoder, settings=settings, tasks=tasks)
    weights = read_weights(folder / WEIGHTS)
    if faults := weight_differences(model.state_dict(), weights):
        listed = "\n".join(f"  {fault}" for fault in faults[:20])
        raise InputError(
            f"{folder / WEIGHTS}: not the weights of the model in {SETTINGS} and config.json; "
            f"{len(faults)} differ:\n{listed}"
        )
    model.load_state_dict(weights)
    return model


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        InputError: it is missing or broken.
    """
    try:
        weights: dict[str, Tensor] = load_file(path)
    except Exception as error:  # the Rust library raises its own type
        raise InputError(f"{path}: cannot be read: {error}") from None
    return weights


def weight_differences(expected: dict[str, Tensor], found: dict[str, Tensor]) -> list[str]:
    """Say, weight by weight, how a state differs from the one expected."""
    faults = [f"{name}: missing" for name in sorted(set(expected) - set(found))]
    faults += [f"{name}: not part of the model" for name in sorted(set(found) - set(expected))]
    faults += [
        f"{name}: expected shape {list(expected[name].shape)}, found {list(found[name].shape)}"
        for name in sorted(set(expected) & set(found))
        if expected[name].shape != found[name].shape
    ]
    return faults


def read_sequences(folder: Path) -> dict[str, Any]:
    """Read where special tokens stand, as the tokenize stage recorded it."""
    return read_json(folder / "sequences.json")
