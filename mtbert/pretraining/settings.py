"""Section `pretrain` of the params file."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, field_validator

from mtbert.core.errors import InputError, choices
from mtbert.core.params import Settings
from mtbert.core.seeds import MAX_SEED


class PretrainSettings(Settings):
    """Which texts the encoder is pre-trained on, for how long, and at what rate."""

    epochs: Annotated[int, Field(ge=0)]  # 0 leaves the encoder as it is
    steps: Annotated[int, Field(gt=0)] | None  # at most so many
    tasks: Annotated[tuple[str, ...], Field(min_length=1)]
    held_out: Annotated[float, Field(gt=0, lt=1)]  # of the distinct sentences
    mask_share: Annotated[float, Field(gt=0, lt=1)]  # of the tokens
    batch_size: Annotated[int, Field(gt=0)]  # sentences
    learning_rate: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)]
    warmup: Annotated[float, Field(ge=0, lt=1)]  # of the steps
    clip: Annotated[float, Field(gt=0)]  # L2 norm of the gradient
    precision: Literal["fp32", "bf16"]
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)]

    @field_validator("tasks")
    @classmethod
    def _distinct(cls, tasks: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(tasks)) < len(tasks):
            raise ValueError(f"each task once, found {list(tasks)}")
        return tasks

    def check_tasks(self, names: Iterable[str], *, where: str) -> None:
        """Refuse a task that is not among all tasks' names.

        Raises:
            InputError: with the nearest name, behind `where`: the params file and section.
        """
        names = list(names)
        if unknown := [task for task in self.tasks if task not in names]:
            raise InputError(f"{where}.tasks: {choices('task', unknown[0], names)}")
