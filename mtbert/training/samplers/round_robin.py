"""Tasks in turn, one update each."""

from collections.abc import Mapping
from typing import Any

from mtbert.training.samplers.sampler import Sampler, Step


class RoundRobin(Sampler):
    """wang's round-robin: goes on until all tasks are through; one that is, is skipped."""

    def epoch(self, *, batches: Mapping[str, int], **_: Any) -> list[Step]:
        """Give the steps of one epoch."""
        rounds = range(max(batches.values()))
        return [(task,) for turn in rounds for task, count in batches.items() if turn < count]
