"""Draw for many examples, in batches over processes: the same draws, however many there are."""

import gc
import multiprocessing
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from mtbert.augmentation.replacing import Draw, Replacer, draw_seed

BATCH = 100  # examples
EVERY = 5.0  # seconds between two lines of progress


class Job(NamedTuple):
    """One draw for one example; with the seed and the task's name it decides what is drawn."""

    row: int
    copy: int  # from 1
    attempt: int = 0


Drawn = tuple[list[Draw], int]  # one for each text that changes, and the seed
Draws = Callable[[Sequence[Job]], dict[Job, Drawn]]


class Drawer:
    """Draws for jobs in this process."""

    def __init__(
        self,
        replacer: Replacer,
        *,
        examples: Sequence[tuple[str, Sequence[str]]],
        task: str,
        seed: int,
    ) -> None:
        """Prepare.

        Args:
            replacer: draws for one example.
            examples: their ids, and the texts of each that are to change.
            task: its name.
            seed: of the task's settings.
        """
        self.replacer = replacer
        self.examples = examples
        self.task, self.seed = task, seed

    def draw(self, jobs: Sequence[Job]) -> dict[Job, Drawn]:
        """Draw for each job; Python's own random numbers go on as if nothing had been drawn."""
        state = random.getstate()
        try:
            return {job: self._one(job) for job in jobs}
        finally:
            random.setstate(state)

    def _one(self, job: Job) -> Drawn:
        example, texts = self.examples[job.row]
        seed = draw_seed(self.seed, self.task, example, job.copy, job.attempt)
        return self.replacer.draw(texts, seed), seed


@contextmanager
def over_processes(drawer: Drawer, processes: int) -> Iterator[Draws]:
    """Give a function that draws for jobs, with this many processes for as long as the block runs.

    The processes are forked: each has the lexicons and the tagger at once and shares their memory,
    where a fresh interpreter would import and load everything anew, for longer than drawing takes.
    """
    # What is loaded stays: the collector need not walk over it again and again, in any process.
    gc.freeze()
    try:
        with _drawing(drawer, processes) as draws:
            yield draws
    finally:
        gc.unfreeze()


@contextmanager
def _drawing(drawer: Drawer, processes: int) -> Iterator[Draws]:
    if processes == 1:
        yield lambda jobs: _gather(map(drawer.draw, _batches(jobs)), len(jobs), drawer.task)
        return
    # No multiprocessing.Pool: while a long result is on its way one of its threads spins, and it
    # waits for ever where a process was killed.
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("fork"), initializer=_start, initargs=(drawer,)
    )
    try:
        yield lambda jobs: _gather(pool.map(_draw, _batches(jobs)), len(jobs), drawer.task)
    finally:
        pool.shutdown(cancel_futures=True)


def _batches(jobs: Sequence[Job]) -> list[list[Job]]:
    """Jobs by row, so that one process sees all copies of a text and looks at it once."""
    ordered = sorted(jobs)
    return [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)]


def _gather(batches: Iterable[dict[Job, Drawn]], total: int, task: str) -> dict[Job, Drawn]:
    found: dict[Job, Drawn] = {}
    told = time.monotonic()
    for batch in batches:
        found |= batch
        if time.monotonic() - told >= EVERY:
            told = time.monotonic()
            print(f"{task}: {len(found):,} of {total:,} texts drawn", flush=True)
    return found


# What a forked process draws with.
_drawers: list[Drawer] = []


def _start(drawer: Drawer) -> None:
    _drawers[:] = [drawer]


def _draw(jobs: Sequence[Job]) -> dict[Job, Drawn]:
    return _drawers[0].draw(jobs)
