"""Tasks in turn, one update each."""

from collections.abc import Mapping
from typing import Any

from mtbert.training.samplers.sampler import Sampler, Step


class RoundRobin(Sampler):
    """wang's round-robin, until every task is exhausted; exhausted tasks are skipped."""

    def epoch_steps(self, *, batches: Mapping[str, int], **_: Any) -> list[Step]:
        """Give the tasks of each step."""
        rounds = range(max(batches.values()))
        return [(task,) for turn in rounds for task, count in batches.items() if turn < count]
