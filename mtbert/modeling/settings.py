"""The options of section `train` that define the model."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from mtbert.core.errors import InputError, located
from mtbert.core.labels import Labels
from mtbert.core.params import Settings
from mtbert.core.registry import by_task, entry
from mtbert.core.tasks import Task
from mtbert.modeling.adaptations import ADAPTATIONS
from mtbert.modeling.architectures import has_pooler, hidden_size
from mtbert.modeling.heads import HEADS
from mtbert.modeling.pooling import POOLINGS
from mtbert.modeling.projections import PROJECTIONS, NoProjection, SharedProjection

Encoding = Literal["siamese", "joint"]


class ModelTask(Settings):
    """Labels of a task, and whether it is on pairs."""

    labels: Labels
    paired: bool  # whether an example is a pair of texts

    @classmethod
    def of(cls, task: "Task | ModelTask") -> "ModelTask":
        """Reduce a task to these."""
        return cls(labels=task.labels, paired=task.paired)


class ModelSettings(Settings):
    """Encoder, pooling, projections and heads.

    Pooling and projections may be given once for all tasks; the members below need a strategy that
    is resolved, which has them by task.
    """

    renamed: ClassVar[Mapping[str, str]] = {"maps": "projections", "untrained": "evaluation_only"}

    tasks: Annotated[tuple[str, ...], Field(min_length=1)]
    # Their heads, projections and adapters keep their initial weights.
    evaluation_only: tuple[str, ...] = ()
    adaptation: entry(ADAPTATIONS, "adaptation")  # type: ignore[valid-type]
    encoding: dict[str, Encoding]
    pooling: by_task(POOLINGS, "pooling")  # type: ignore[valid-type]
    projections: by_task(PROJECTIONS, "projection")  # type: ignore[valid-type]
    heads: dict[str, entry(HEADS, "head")]  # type: ignore[valid-type]
    layout: Literal["packed", "padded"]
    row_length: Annotated[int, Field(ge=8)]

    @property
    def trained(self) -> tuple[str, ...]:
        """Tasks that training draws examples of; the others are only evaluated."""
        return tuple(task for task in self.tasks if task not in self.evaluation_only)

    @property
    def needs_pooler(self) -> bool:
        """Whether some task reads the encoder's own pooler."""
        return any(pooling.needs_pooler for pooling in self.pooling.values())

    def projection_owner(self, task: str) -> str:
        """The task whose projection a task uses: itself, or the one it shares with."""
        own = self.projections[task]
        return own.task if isinstance(own, SharedProjection) else task

    def unchanged(self) -> list[str]:
        """Trained tasks for which neither the encoder nor the projection nor the head learns."""
        if not self.adaptation.fixed:
            return []
        learning = {task for task in self.trained if self.heads[task].learns}
        learning |= {t for t in self.trained if self.projections[self.projection_owner(t)].learns}
        return [task for task in self.trained if task not in learning]

    def check_projections(self) -> None:
        """Refuse to share a projection that is missing, shared itself, or never trained."""
        for task, own in self.projections.items():
            if not isinstance(own, SharedProjection):
                continue
            place, owner = f"projections.{task}: shares that of {own.task!r}", own.task
            if owner not in self.tasks:
                tasks = ", ".join(self.tasks)
                raise InputError(f"{place}, which is not among the strategy's tasks: {tasks}")
            if isinstance(self.projections[owner], SharedProjection | NoProjection):
                raise InputError(f"{place}, which has none of its own; give that one `layers`")
            if owner in self.evaluation_only and task in self.trained:
                raise InputError(
                    f"{place}, which is evaluation-only and never trains it; let {owner!r} share "
                    f"that of {task!r}"
                )

    def check_encoder(self, config: Mapping[str, Any]) -> None:
        """Refuse what an encoder does not have; `config` is the content of its config.json."""
        with located("adaptation"):
            self.adaptation.check(config)
        sizes = {task: self.pooling[task].size(hidden_size(config)) for task in self.tasks}
        for task in self.tasks:
            if self.pooling[task].needs_pooler and not has_pooler(config):
                raise InputError(
                    f"pooling.{task}: pooler: an encoder of model_type {config['model_type']} is "
                    f"not known to have one; cls reads the same token without it"
                )
            if sizes[task] != sizes[(owner := self.projection_owner(task))]:
                raise InputError(
                    f"projections.{task}: shares that of {owner!r}, whose vectors are "
                    f"{sizes[owner]} wide, not {sizes[task]}: give both the same pooling"
                )
