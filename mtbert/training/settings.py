"""What of section `train` makes the training, and section `recipes`."""

from typing import Annotated, Literal

from pydantic import Field

from mtbert.params import Settings
from mtbert.registry import entry
from mtbert.training.balancing import BALANCINGS
from mtbert.training.objectives import OBJECTIVES
from mtbert.training.samplers import SAMPLERS
from mtbert.training.schedule import SCHEDULES

Epochs = Annotated[int, Field(gt=0)]
LearningRate = Annotated[float, Field(gt=0)]
Precision = Literal["fp32", "bf16"]


class TrainingSettings(Settings):
    """Sampler, balancing, optimizer and budget; keyed by task where tasks may differ."""

    sampler: entry(SAMPLERS, "sampler")  # type: ignore[valid-type]
    balancing: entry(BALANCINGS, "balancing")  # type: ignore[valid-type]
    objectives: dict[str, entry(OBJECTIVES, "objective")]  # type: ignore[valid-type]
    batch_size: dict[str, Annotated[int, Field(gt=0)]]
    resampling: dict[str, Literal["none", "balanced"]]
    epochs: Epochs
    steps: Annotated[int, Field(gt=0)] | None
    learning_rate: LearningRate
    head_learning_rate: LearningRate
    adapter_learning_rate: LearningRate
    layer_decay: Annotated[float, Field(gt=0, le=1)]
    precision: Precision
    weight_decay: Annotated[float, Field(ge=0)]
    schedule: Literal[tuple(SCHEDULES)]  # type: ignore[valid-type]
    warmup: Annotated[float, Field(ge=0, lt=1)]
    clip: Annotated[float, Field(gt=0)]


class Recipe(Settings):
    """What `auto` in section `train` stands for."""

    epochs: Epochs
    learning_rate: LearningRate
    head_learning_rate: LearningRate
    adapter_learning_rate: LearningRate
    precision: Precision


class Recipes(Settings):
    """A recipe for each kind of encoder."""

    scratch: Recipe
    pretrained: Recipe
