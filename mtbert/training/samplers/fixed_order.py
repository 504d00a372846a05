"""Samplers that draw nothing: the order of the tasks follows from the numbers of their batches."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from mtbert.training.samplers.sampler import Sampler, Step


class AllTasks(Sampler):
    """One batch of every task makes one update.

    `stop` ends the epoch with the shortest task, with the longest (shorter ones start over), or
    after `steps` steps. The reports call it "total loss" (wang) and "round robin" (smet-walker).
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


class RoundRobin(Sampler):
    """Tasks in turn, one update each, without those that are exhausted (wang)."""

    def epoch_steps(self, *, batches: Mapping[str, int], **_: Any) -> list[Step]:
        """Give the tasks of each step."""
        rounds = range(max(batches.values()))
        return [(task,) for turn in rounds for task, count in batches.items() if turn < count]


class Sequential(Sampler):
    """The tasks one after the other, as listed in `train.tasks` (elayattu, wu)."""

    def epoch_steps(self, *, batches: Mapping[str, int], **_: Any) -> list[Step]:
        """Give the tasks of each step."""
        return [(task,) for task, count in batches.items() for _ in range(count)]
