"""All batches of one task, then of the next."""

from collections.abc import Mapping
from typing import Any

from mtbert.training.samplers.sampler import Sampler, Step


class Sequential(Sampler):
    """elayattu's and wu's order: the tasks one after the other, as listed in `train.tasks`."""

    def epoch_steps(self, *, batches: Mapping[str, int], **_: Any) -> list[Step]:
        """Give the tasks of each step."""
        return [(task,) for task, count in batches.items() for _ in range(count)]
