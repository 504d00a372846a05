"""One batch of every task makes one update."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from mtbert.training.samplers.sampler import Sampler, Step


class AllTasks(Sampler):
    """wang's "total loss", smet-walker's "round robin", wu's sum of losses.

    `stop` ends the epoch with the shortest task (wang), with the longest (shorter ones start over),
    or after `steps` steps.
    """

    one_task: ClassVar[bool] = False

    stop: Literal["shortest", "longest", "steps"] = "longest"
    steps: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _steps_given(self) -> "AllTasks":
        if (self.stop == "steps") != (self.steps is not None):
            raise ValueError("steps: give a number of steps with stop: steps, and only then")
        return self

    def epoch_steps(self, *, batches: Mapping[str, int], **_: Any) -> list[Step]:
        """Give the tasks of each step."""
        ends = {"shortest": min(batches.values()), "longest": max(batches.values())}
        return [tuple(batches)] * (self.steps or ends[self.stop])
