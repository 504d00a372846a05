"""Tasks in turn, one update each."""

from collections.abc import Mapping

from mtbert.params import Settings

Step = tuple[str, ...]


class RoundRobin(Settings):
    """wang's round-robin: goes on until all tasks are through; one that is, is skipped."""

    def epoch(self, batches: Mapping[str, int]) -> list[Step]:
        """Give the steps of one epoch."""
        rounds = range(max(batches.values()))
        return [(task,) for turn in rounds for task, count in batches.items() if turn < count]
