"""What of section `train` makes the model."""

from typing import Annotated, Literal

from pydantic import Field

from mtbert.modeling.heads import HEADS
from mtbert.modeling.pooling import POOLINGS
from mtbert.params import Settings
from mtbert.registry import entry
from mtbert.tasks import Labels, Task

Encoding = Literal["siamese", "joint"]


class ModelTask(Settings):
    """What a model has to know of a task."""

    labels: Labels
    paired: bool  # whether an example is a pair of texts

    @classmethod
    def of(cls, task: "Task | ModelTask") -> "ModelTask":
        """Keep what a model needs of a task's row."""
        return cls(labels=task.labels, paired=task.paired)


class ModelSettings(Settings):
    """Encoder use, pooling and heads; keyed by task where tasks may differ."""

    tasks: Annotated[tuple[str, ...], Field(min_length=1)]
    encoding: dict[str, Encoding]
    pooling: entry(POOLINGS, "pooling")  # type: ignore[valid-type]
    heads: dict[str, entry(HEADS, "head")]  # type: ignore[valid-type]
    layout: Literal["packed", "padded"]
    row_length: Annotated[int, Field(ge=8)]
