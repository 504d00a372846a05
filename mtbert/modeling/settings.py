"""What of section `train` makes the model."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from mtbert.core.errors import InputError, located
from mtbert.core.labels import Labels, unnamed
from mtbert.core.params import Settings
from mtbert.core.registry import by_task, entry
from mtbert.core.tasks import Task
from mtbert.modeling.adaptations import ADAPTATIONS
from mtbert.modeling.architectures import has_pooler, hidden_size
from mtbert.modeling.heads import HEADS
from mtbert.modeling.pooling import POOLINGS
from mtbert.modeling.projections import PROJECTIONS, NoProjection, Shared

Encoding = Literal["siamese", "joint"]


class ModelTask(Settings):
    """What a model has to know of a task."""

    labels: Labels
    paired: bool  # whether an example is a pair of texts

    @classmethod
    def of(cls, task: "Task | ModelTask") -> "ModelTask":
        """Keep what a model needs of a task's row: what classes are called is nothing to it."""
        return cls(labels=unnamed(task.labels), paired=task.paired)


class ModelSettings(Settings):
    """Encoder use, pooling, maps and heads; keyed by task where tasks may differ.

    Pooling and maps may be given once for all tasks; a settled strategy has them by task, and the
    members below ask for that.
    """

    tasks: Annotated[tuple[str, ...], Field(min_length=1)]
    # Tasks whose head, map and adapter stay as drawn; a checkpoint that names none has none.
    evaluation_only: tuple[str, ...] = ()
    adaptation: entry(ADAPTATIONS, "adaptation")  # type: ignore[valid-type]
    encoding: dict[str, Encoding]
    pooling: by_task(POOLINGS, "pooling")  # type: ignore[valid-type]
    projections: by_task(PROJECTIONS, "map")  # type: ignore[valid-type]
    heads: dict[str, entry(HEADS, "head")]  # type: ignore[valid-type]
    layout: Literal["packed", "padded"]
    row_length: Annotated[int, Field(ge=8)]

    @property
    def trained(self) -> tuple[str, ...]:
        """Tasks that training draws examples of; the others are only scored."""
        return tuple(task for task in self.tasks if task not in self.evaluation_only)

    @property
    def needs_pooler(self) -> bool:
        """Whether some task reads the encoder's own pooler."""
        return any(pooling.needs_pooler for pooling in self.pooling.values())

    def map_owner(self, task: str) -> str:
        """The task whose map a task's vectors go through: its own, or the one it shares."""
        found = self.projections[task]
        return found.task if isinstance(found, Shared) else task

    def unchanged(self) -> list[str]:
        """Trained tasks for which nothing changes: neither encoder nor map nor head learns."""
        if not self.adaptation.fixed:
            return []
        return [
            task
            for task in self.trained
            if not self.heads[task].learns and not self.projections[self.map_owner(task)].learns
        ]

    def check_projections(self) -> None:
        """Refuse a shared map that is not there, is shared itself, or stays as drawn.

        Raises:
            InputError: naming the task.
        """
        for task in self.tasks:
            owner = self.map_owner(task)
            if owner == task and not isinstance(self.projections[task], Shared):
                continue
            with located(f"projections.{task}"):
                if owner not in self.tasks:
                    raise InputError(
                        f"shares the map of {owner!r}, which is not among the strategy's tasks: "
                        f"{', '.join(self.tasks)}"
                    )
                if isinstance(self.projections[owner], Shared | NoProjection):
                    raise InputError(
                        f"shares the map of {owner!r}, which has none of its own; give that one "
                        f"`layers`"
                    )
                if owner in self.evaluation_only and task in self.trained:
                    raise InputError(
                        f"shares the map of {owner!r}, which is untrained and leaves it as drawn; "
                        f"let {owner!r} share the map of {task!r}"
                    )

    def check_encoder(self, config: Mapping[str, Any]) -> None:
        """Refuse what an encoder does not have.

        Args:
            config: The content of its config.json.

        Raises:
            InputError: naming the key and the reason.
        """
        with located("adaptation"):
            self.adaptation.check(config)
        for task in self.tasks:
            if self.pooling[task].needs_pooler and not has_pooler(config):
                raise InputError(
                    f"pooling.{task}: pooler: an encoder of model_type {config['model_type']} is "
                    f"not known to have one; cls reads the same token without it"
                )
            sizes = {one: self.pooling[one].size(hidden_size(config)) for one in self.tasks}
            if sizes[task] != sizes[(owner := self.map_owner(task))]:
                raise InputError(
                    f"projections.{task}: shares that of {owner!r}, whose vectors are "
                    f"{sizes[owner]} wide, not {sizes[task]}: give both the same pooling"
                )
