"""Grow a train split: draw, hold every new row against the guards, draw again, until it is full."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice

from mtbert.augmentation.drawing import Drawn, Draws, Job
from mtbert.augmentation.leakage import Texts, normal
from mtbert.augmentation.replacing import Draw, draw_seed
from mtbert.augmentation.settings import MOST_COPIES, Side, TaskAugmentation

ATTEMPTS = 4  # draws for one copy of a row before it is given up


@dataclass(frozen=True)
class NewRow:
    """A row that was made."""

    job: Job
    seed: int  # that its draw began with
    draws: Mapping[Side, Draw]  # of the texts that could change
    texts: Texts


@dataclass
class Outcome:
    """What became of the draws for a task."""

    wanted: int  # new rows
    rows: list[NewRow] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)  # draws, by the reason
    given_up: int = 0  # copies of rows for which no draw passed the guards
    unreplaceable: set[int] = field(default_factory=set)  # rows without a word to replace


class Grower:
    """Makes new rows of one train split's.

    With `copies` each row gets so many; a copy that no draw makes fit is given up, and counted.
    With a target size further rows take its place, in an order that the seed draws; every row has
    its first copy before one has its second.
    """

    def __init__(
        self,
        rows: Sequence[Texts],
        settings: TaskAugmentation,
        *,
        task: str,
        sides: Sequence[Side],
        held_out: Set[str],
    ) -> None:
        """Prepare.

        Args:
            rows: the train split's.
            settings: the task's.
            task: its name; with the seed it decides the order of the rows.
            sides: the texts that change.
            held_out: dev and test texts of all tasks, as `normal` leaves them.
        """
        self.rows, self.settings, self.task, self.sides = rows, settings, task, sides
        self.held_out = held_out if settings.guards.held_out else frozenset[str]()
        self.taken = {_key(row) for row in rows} if settings.guards.duplicates else set()
        size = len(rows)
        further = size * settings.copies if settings.copies else (settings.rows or size) - size
        self.outcome = Outcome(further)

    def grow(self, draws: Draws) -> Outcome:
        """Make the rows; sorted by the row that they come from."""
        queue, outcome = self._queue(), self.outcome
        while jobs := list(islice(queue, outcome.wanted - len(outcome.rows))):
            for attempt in range(ATTEMPTS):
                jobs = [job._replace(attempt=attempt) for job in jobs]
                drawn = draws(jobs)
                jobs = [job for job in jobs if not self._settle(job, drawn[job])]
                if not jobs:
                    break
            outcome.given_up += len(jobs)
        outcome.rows.sort(key=lambda row: row.job)
        return outcome

    def _queue(self) -> Iterator[Job]:
        """Draws to make: a copy of every row before the next copy of one."""
        order = list(range(len(self.rows)))
        for copy in range(1, (self.settings.copies or MOST_COPIES) + 1):
            random.Random(draw_seed(self.settings.seed, self.task, copy)).shuffle(order)
            hopeless = self.outcome.unreplaceable if self.settings.guards.duplicates else ()
            yield from (Job(row, copy) for row in order if row not in hopeless)

    def _settle(self, job: Job, drawn: Drawn) -> bool:
        """Take a draw up, or refuse it; say whether that is the end of its row's copy."""
        texts, seed = drawn
        draws = dict(zip(self.sides, texts, strict=True))
        row = {**self.rows[job.row], **{side: draw.text for side, draw in draws.items()}}
        if hopeless := not any(draw.replaceable for draw in texts):
            self.outcome.unreplaceable.add(job.row)
        if reason := self._refuses(job, row):
            if not hopeless:
                self.outcome.refused[reason] += 1
            return hopeless
        self.taken.add(_key(row))
        self.outcome.rows.append(NewRow(job, seed, draws, row))
        return True

    def _refuses(self, job: Job, row: Texts) -> str | None:
        """Why a new row must not be; None if it may."""
        if self.settings.guards.duplicates:
            if _key(row) == _key(self.rows[job.row]):
                return "equals_source"
            if _key(row) in self.taken:
                return "equals_another_row"
        # A text that stayed is as well known from dev as one that became so.
        return "equals_held_out" if any(normal(t) in self.held_out for t in row.values()) else None


def _key(row: Texts) -> tuple[str, ...]:
    return tuple(normal(row[side]) for side in sorted(row))
