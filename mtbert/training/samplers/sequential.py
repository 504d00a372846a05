"""All batches of one task, then of the next."""

from collections.abc import Mapping

from mtbert.params import Settings

Step = tuple[str, ...]


class Sequential(Settings):
    """elayattu's and wu's order: the tasks one after the other, as listed in `train.tasks`."""

    def epoch(self, batches: Mapping[str, int]) -> list[Step]:
        """Give the steps of one epoch."""
        return [(task,) for task, count in batches.items() for _ in range(count)]
