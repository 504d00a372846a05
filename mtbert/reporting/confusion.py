"""Confusion matrices of one strategy, its seeds added up."""

from dataclasses import dataclass

from mtbert.core.labels import classes
from mtbert.reporting.results import Results, Strategy


@dataclass(frozen=True)
class Entry:
    """Examples of one actual and one predicted class, and their share of the actual class."""

    count: int
    share: float

    @property
    def style(self) -> str:
        """Background of the cell, the stronger, the larger the share; never too strong for ink."""
        return f"background: rgb(0 114 178 / {0.75 * self.share:.2f})"


@dataclass(frozen=True)
class Confusion:
    """Rows are actual classes, columns predicted ones."""

    strategy: str
    task: str
    classes: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]


def confusions(results: Results, task: str) -> list[Confusion]:
    """The matrices of every strategy that trains on a task; a similarity in whole labels."""
    return [_confusion(one, task) for one in results.strategies if task in one.tasks]


def _confusion(one: Strategy, task: str) -> Confusion:
    known = classes(one.tasks[task].labels)
    counts = [[0] * len(known) for _ in known]
    for run in one.runs:
        for actual, predicted in run.confusion[task]:
            counts[actual][predicted] += 1
    rows = tuple(tuple(Entry(n, n / max(sum(row), 1)) for n in row) for row in counts)
    return Confusion(one.name, task, known, rows)
