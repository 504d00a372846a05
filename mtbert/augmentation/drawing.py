"""Draw new texts for many examples in a pool of processes; their number changes no draw."""

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from mtbert.augmentation.replacing import Draw, Replacer, draw_seed

CHUNK = 100  # draws that go to a process at a time
EVERY = 5.0  # seconds between two lines of progress


class Job(NamedTuple):
    """One draw for one example; with the seed and the task's name it decides what is drawn."""

    row: int
    copy: int  # from 1
    attempt: int = 0


Drawn = tuple[list[Draw], int]  # one for each text that changes, and the seed
Draws = Callable[[Sequence[Job]], dict[Job, Drawn]]


class Drawer:
    """Draws for the examples of one task.

    Args:
        replacer: draws for one example.
        examples: their ids, and the texts of each that are to change.
        task: its name.
        seed: of the task's settings.
    """

    def __init__(
        self,
        replacer: Replacer,
        *,
        examples: Sequence[tuple[str, Sequence[str]]],
        task: str,
        seed: int,
    ) -> None:
        self.replacer, self.examples = replacer, examples
        self.task, self.seed = task, seed

    def draw(self, job: Job) -> Drawn:
        """Draw once; Python's own random numbers go on as if nothing had been drawn."""
        example, texts = self.examples[job.row]
        seed = draw_seed(self.seed, self.task, example, job.copy, job.attempt)
        state = random.getstate()
        try:
            return self.replacer.draw(texts, seed), seed
        finally:
            random.setstate(state)


@contextmanager
def over_processes(drawer: Drawer, processes: int) -> Iterator[Draws]:
    """Give a function that draws for jobs, over this many processes while the block runs.

    They are forked, so that each has the lexicons and the tagger without loading them again.
    """
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, fork, _share, (drawer,)) as pool:

        def draws(jobs: Sequence[Job]) -> dict[Job, Drawn]:
            ordered, drawn = sorted(jobs), {}
            printed = time.monotonic()
            # In order of the examples: one process sees all copies of a text.
            results = pool.map(_draw, ordered, chunksize=CHUNK)
            for job, result in zip(ordered, results, strict=True):
                drawn[job] = result
                if time.monotonic() - printed >= EVERY:
                    printed = time.monotonic()
                    print(f"{drawer.task}: {len(drawn):,} of {len(jobs):,} drawn", flush=True)
            return drawn

        yield draws


# What a forked process draws with
_drawer: Drawer


def _share(drawer: Drawer) -> None:
    global _drawer
    _drawer = drawer


def _draw(job: Job) -> Drawn:
    return _drawer.draw(job)
