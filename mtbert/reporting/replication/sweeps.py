"""The sweeps that a recipe was found with: one setting at a time, the winner held from there on."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from mtbert.core.errors import InputError
from mtbert.core.tasks import LEADERBOARD, OVERALL
from mtbert.reporting.replication.collected import Point
from mtbert.reporting.tables import Cell, Table, number, table

TITLE = "The sweeps"
GAIN = 0.001  # in the mean score; what leads by no more changes nothing
NOTE = (
    "One sweep after the other, each point a run with one seed; “as before” repeats the point that "
    "was held until then. Bold: the point that is held from there on, the one with the highest "
    f"mean on dev, but no new one that leads by {GAIN} or less. With one seed, differences of "
    "several thousandths are noise, and so are close winners."
)
BEFORE = "as before"
# Score -> how the file calls it
SCORES = {
    **{task: f"{task}.{metric}" for task, metric in LEADERBOARD.items()},
    OVERALL: "overall.mean",
}


@dataclass(frozen=True)
class Tried:
    """A line of a sweep: a point, or the one that led before."""

    sweep: str
    label: str
    point: Point
    wins: bool


def read_points(path: Path, row: str) -> tuple[Point, ...]:
    """Read what `dvc exp show --csv` says of the points: sweeps as they were run, points by number.

    Points of a sweep may have been run side by side, so that any of them was done first. A point is
    an experiment called SWEEP-NUMBER that has the scores of one run of a row.

    Args:
        path: The file.
        row: The row that the sweeps start from.

    Raises:
        InputError: there is no such file, it has no points, or one lacks a score.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            lines = [*csv.DictReader(stream)]
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    named = [line for line in lines if _number(line.get("Experiment") or "").isdecimal()]
    if not named:
        raise InputError(f"{path}: no experiment called SWEEP-NUMBER")
    began: dict[str, str] = {}
    for line in sorted(named, key=lambda line: line["Created"]):
        began.setdefault(_sweep(line["Experiment"]), line["Created"])

    def place(line: Mapping[str, str]) -> tuple[str, str, int]:
        name = line["Experiment"]
        return began[_sweep(name)], _sweep(name), int(_number(name))

    named.sort(key=place)
    return tuple(_point(line, row, path) for line in named)


def rounds(points: Sequence[Point]) -> list[Tried]:
    """The sweeps line by line: what each point changed beyond what was held, and who led."""
    found: list[Tried] = []
    held: Point | None = None
    for sweep, group in groupby(points, key=lambda point: point.sweep):
        before, own = held, [*group]
        candidates = [*([before] if before else []), *own]
        leader = max(own, key=_mean)
        held = before if before and _mean(leader) <= _mean(before) + GAIN else leader
        for point in candidates:
            label = BEFORE if point is before else _label(point, before)
            found.append(Tried(sweep, label, point, wins=point is held))
    return found


def sweep_table(points: Sequence[Point]) -> Table:
    """Every sweep, its points, their scores."""
    rows: list[list[str | Cell]] = [
        [
            one.sweep,
            one.label,
            *(number(one.point.scores[task]) for task in LEADERBOARD),
            Cell(number(one.point.scores[OVERALL]), best=one.wins),
        ]
        for one in rounds(points)
    ]
    header = ["sweep", "point", *(f"{task} {name}" for task, name in LEADERBOARD.items()), "mean"]
    return table(TITLE, header, rows)


def _mean(point: Point) -> float:
    return point.scores[OVERALL]


def _number(name: str) -> str:
    return name.rpartition("-")[2]


def _sweep(name: str) -> str:
    return name.rpartition("-")[0]


def _label(point: Point, before: Point | None) -> str:
    known: Mapping[str, str] = before.changes if before else {}
    new = {key: value for key, value in point.changes.items() if known.get(key) != value}
    return "; ".join(f"{key}: {value}" for key, value in new.items()) or "as it starts"


def _point(line: Mapping[str, str], row: str, path: Path) -> Point:
    # DVC leaves a file out of the names of columns where they are unique without it.
    name, inside = line["Experiment"], f"strategies.{row}."
    scores = {}
    for score, key in SCORES.items():
        found = [text for column, text in line.items() if column.rpartition(":")[2] == key]
        # Of a run that is not over it is empty, or an exclamation mark.
        if len(found) != 1 or not found[0].strip("!"):
            raise InputError(f"{path}: {name}: expected one {key}, found {found}; is its run over?")
        scores[score] = float(found[0])
    changes = {
        column.partition(inside)[2]: text.replace("'", "")
        for column, text in line.items()
        if inside in column and text
    }
    return Point(sweep=_sweep(name), changes=changes, scores=scores)
