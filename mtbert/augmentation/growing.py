"""Grow a train split: draw, check every new row against the guards, draw again until it is full.

Draws run in a pool of processes, whose number does not change the rows.
"""

import multiprocessing
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import NamedTuple

from mtbert.augmentation.leakage import Texts, normal, row_key
from mtbert.augmentation.replacing import Draw, Replacer, draw_seed
from mtbert.augmentation.settings import MOST_COPIES
from mtbert.core.lifetime import end_with_parent
from mtbert.core.progress import progress_bar

ATTEMPTS = 4  # draws for one copy of a row before it is given up
CHUNK = 100  # draws that go to a process at a time


class Job(NamedTuple):
    """One draw for one row; with the seed and the task's name it decides what is drawn."""

    row: int
    copy: int  # from 1
    attempt: int = 0


class NewRow(NamedTuple):
    """A row that passed the guards."""

    job: Job
    seed: int  # of Python's `random` before the draw
    draws: tuple[Draw, ...]  # one for each text that may change
    texts: Texts


Drawn = tuple[int, tuple[Draw, ...]]  # seed, one draw for each text that may change


class Grower:
    """Makes new rows of one train split, and counts what it refuses.

    With `copies` each row gets that many; a copy for which no draw passes the guards is given up.
    With a target size other rows take its place, in an order drawn from the seed; every row has
    its first copy before any has its second.
    """

    def __init__(
        self,
        task: str,
        rows: Sequence[Texts],
        ids: Sequence[str],
        replacer: Replacer,
        *,
        held_out: Set[str],  # normal forms of the dev and test texts of all tasks
    ) -> None:
        self.task, self.rows, self.ids, self.replacer = task, rows, ids, replacer
        self.settings = settings = replacer.settings
        self.sides = settings.changing(paired=any(len(row) > 1 for row in rows))
        self.held_out = held_out if settings.guards.held_out else frozenset[str]()
        self.taken = set(map(row_key, rows)) if settings.guards.duplicates else set()
        size = len(rows)
        self.wanted = size * settings.copies if settings.copies else (settings.rows or size) - size
        self.new: list[NewRow] = []
        self.refused: Counter[str] = Counter()  # draws, by the reason
        self.given_up = 0  # copies for which no draw passed the guards
        self.unreplaceable: set[int] = set()  # rows without a word to replace

    def grow(self, processes: int) -> None:
        """Make the rows, sorted by the row that they come from."""
        queue = self._queue()
        # Forked processes do not load the lexicons and the tagger again.
        fork = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(processes, fork, _share, (self, os.getpid())) as pool:
            while jobs := list(islice(queue, self.wanted - len(self.new))):
                for attempt in range(ATTEMPTS):
                    jobs = [job._replace(attempt=attempt) for job in jobs]
                    drawn = self._draw_all(pool, jobs)
                    jobs = [job for job in jobs if not self._settle(job, *drawn[job])]
                    if not jobs:
                        break
                self.given_up += len(jobs)
        self.new.sort(key=lambda row: row.job)

    def _draw_all(self, pool: ProcessPoolExecutor, jobs: Sequence[Job]) -> dict[Job, Drawn]:
        """Draw over the processes, and print progress."""
        ordered, drawn = sorted(jobs), {}
        # In order of the rows: one process sees all copies of a text.
        results = pool.map(_draw, ordered, chunksize=CHUNK)
        # After the processes have been forked: a bar may have a thread.
        with progress_bar(f"{self.task}: drawn", len(jobs), "rows") as bar:
            for job, result in zip(ordered, results, strict=True):
                drawn[job] = result
                bar.update()
        return drawn

    def draw(self, job: Job) -> Drawn:
        """Draw once; the state of Python's `random` stays as it was."""
        seed = draw_seed(self.settings.seed, self.task, self.ids[job.row], job.copy, job.attempt)
        texts = [self.rows[job.row][side] for side in self.sides]
        state = random.getstate()
        try:
            return seed, self.replacer.draw(texts, seed)
        finally:
            random.setstate(state)

    def _queue(self) -> Iterator[Job]:
        """One copy of every row before the next copy of any."""
        order = list(range(len(self.rows)))
        for copy in range(1, (self.settings.copies or MOST_COPIES) + 1):
            random.Random(draw_seed(self.settings.seed, self.task, copy)).shuffle(order)
            hopeless = self.unreplaceable if self.settings.guards.duplicates else ()
            yield from (Job(row, copy) for row in order if row not in hopeless)

    def _settle(self, job: Job, seed: int, draws: tuple[Draw, ...]) -> bool:
        """Accept or refuse a draw; whether this copy needs no further one."""
        changed = dict(zip(self.sides, (draw.text for draw in draws), strict=True))
        row = tuple(changed.get(side, text) for side, text in enumerate(self.rows[job.row]))
        if hopeless := not any(draw.replaceable for draw in draws):
            self.unreplaceable.add(job.row)
        if reason := self._refuses(job, row):
            if not hopeless:
                self.refused[reason] += 1
            return hopeless
        self.taken.add(row_key(row))
        self.new.append(NewRow(job, seed, draws, row))
        return True

    def _refuses(self, job: Job, row: Texts) -> str | None:
        """Why a new row is refused; None if it passes."""
        if self.settings.guards.duplicates:
            if row_key(row) == row_key(self.rows[job.row]):
                return "equals_source"
            if row_key(row) in self.taken:
                return "equals_another_row"
        # An unchanged text leaks as much as a changed one.
        return "equals_held_out" if any(normal(t) in self.held_out for t in row) else None


# What a forked process draws with
_grower: Grower


def _share(grower: Grower, parent: int) -> None:
    global _grower
    end_with_parent(parent)
    _grower = grower


def _draw(job: Job) -> Drawn:
    return _grower.draw(job)
