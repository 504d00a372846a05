"""Collecting rows into disjoint splits and writing them in the course's file format."""

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random


@dataclass(frozen=True)
class Row:
    """One example: its texts, the label as written, and the bucket its quota counts in."""

    texts: tuple[str, ...]
    label: str
    bucket: str


@dataclass(frozen=True)
class Task:
    """What the writer has to know about a task, from its file stem to its generator."""

    stem: str
    columns: tuple[str, ...]
    sizes: dict[str, int]
    shares: dict[str, float]
    draw: Callable[[Random], Sequence[Row]]
    padded: bool = False
    counted_test: bool = False


_ATTEMPTS_PER_ROW = 400


def split_rows(task: Task, seed: int) -> dict[str, list[Row]]:
    """Draws the splits of a task so that no text occurs in two of them."""
    rng = Random(f"{task.stem}-{seed}")
    owner: dict[str, str] = {}
    seen: set[tuple[str, ...]] = set()
    # The small splits go first: they get the rare combinations, train fills up around them.
    order = sorted(task.sizes, key=task.sizes.__getitem__)
    return {name: _fill(task, name, rng, owner, seen) for name in order}


def _fill(
    task: Task, name: str, rng: Random, owner: dict[str, str], seen: set[tuple[str, ...]]
) -> list[Row]:
    room = _quotas(task.shares, task.sizes[name])
    rows: list[Row] = []
    for _ in range(_ATTEMPTS_PER_ROW * task.sizes[name]):
        for row in task.draw(rng):
            key = tuple(sorted(row.texts))
            fresh = key not in seen and len(set(key)) == len(key)
            if fresh and room[row.bucket] and all(owner.get(t, name) == name for t in key):
                room[row.bucket] -= 1
                seen.add(key)
                owner.update(dict.fromkeys(key, name))
                rows.append(row)
        if not +room:
            rng.shuffle(rows)
            return rows
    raise RuntimeError(f"{task.stem}-{name}: the grammar is too small, still missing {+room}")


def _quotas(shares: dict[str, float], size: int) -> Counter[str]:
    quotas = Counter({bucket: int(share * size) for bucket, share in shares.items()})
    largest = max(shares, key=shares.__getitem__)
    quotas[largest] += size - quotas.total()
    return quotas


def write_split(task: Task, name: str, rows: Sequence[Row], seed: int, folder: Path) -> Path:
    """Writes one split; the test files carry no label, as those of the course do."""
    path = folder / f"{task.stem}-{name}.csv"
    labelled = name != "test-student"
    counted = task.counted_test and not labelled
    header = (["0", ""] if counted else [""]) + ["id", *task.columns[: None if labelled else -1]]
    with path.open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle, delimiter="\t", lineterminator="\n")
        table.writerow(header)
        for number, row in enumerate(rows):
            index = [number + 1, float(number)] if counted else [number]
            texts = [f" {text}" if task.padded else text for text in row.texts]
            identity = _identity(f"{task.stem}-{name}-{seed}-{number}")
            table.writerow([*index, identity, *texts, *([row.label] if labelled else [])])
    return path


def _identity(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:25]
