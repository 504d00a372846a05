"""Hold out rows of a train file for dev, so that no text is on both sides."""

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from mtbert.augmentation.leakage import Texts, row_key
from mtbert.core.errors import InputError

SHARE = 0.2
ENOUGH = 0.5  # of the rows wanted, below which groups are too large to hold out


def hold_out(
    texts: Sequence[Texts], strata: Sequence[object], *, where: str
) -> tuple[np.ndarray, bool]:
    """Choose a fifth of the rows: the same ones whatever the rows' order.

    Rows that share a text, in either place of a pair, directly or through other rows, are one
    group, and a group stays together. Groups are taken in the order of a digest of their texts,
    each that fits in what its strata still lack; a stratum of several rows gives at least one if
    its groups allow it. Where pairs share texts so widely that this holds out too little, only
    equal pairs stay together.

    Args:
        texts: The text or the two texts of each row.
        strata: The class of each row, or a part of the range of its label.
        where: Opens messages.

    Returns:
        Whether each row is held out, (row,) bool, and whether no text is on both sides.

    Raises:
        InputError: rows are too few, or too many are equal, for two strata on each side.
    """
    rows = [row_key(row) for row in texts]
    groups = _sharing_a_text(rows)
    held = _choose(rows, groups, strata)
    apart = held.sum() >= ENOUGH * SHARE * len(rows)
    if not apart:
        pairs = {row: number for number, row in enumerate(dict.fromkeys(map(_unordered, rows)))}
        held = _choose(rows, [pairs[_unordered(row)] for row in rows], strata)
    sides = [{s for s, own in zip(strata, held, strict=True) if own == side} for side in (0, 1)]
    if min(map(len, sides)) < 2:
        raise InputError(
            f"{where}: {len(rows)} rows cannot be split into train and dev with two labels "
            "each and no text in both; add rows, or a dev file of your own"
        )
    return held, bool(apart)


def _choose(rows: Sequence[Texts], groups: Sequence[int], strata: Sequence[object]) -> np.ndarray:
    """Hold out groups until the strata have their share."""
    members: dict[int, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    digests = {group: min(_digest(rows[row]) for row in own) for group, own in members.items()}
    lacking = {
        stratum: max(1, round(SHARE * count)) if count > 1 else 0
        for stratum, count in Counter(strata).items()
    }
    held = np.zeros(len(rows), bool)
    for group in sorted(members, key=digests.__getitem__):
        counts = Counter(strata[row] for row in members[group])
        if all(lacking[stratum] >= count for stratum, count in counts.items()):
            held[members[group]] = True
            for stratum, count in counts.items():
                lacking[stratum] -= count
    return held


def _sharing_a_text(rows: Sequence[Texts]) -> list[int]:
    """The group of each row: rows and texts are nodes of a graph, and groups its components."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    numbers: dict[str, int] = {}
    edges = [
        (row, len(rows) + numbers.setdefault(text, len(numbers)))
        for row, own in enumerate(rows)
        for text in own
    ]
    size = len(rows) + len(numbers)
    graph = coo_array((np.ones(len(edges)), np.transpose(edges)), shape=(size, size))
    _, groups = connected_components(graph, directed=False)
    return [int(group) for group in groups[: len(rows)]]


def _unordered(row: Texts) -> Texts:
    return tuple(sorted(row))


def _digest(row: Texts) -> bytes:
    return hashlib.sha256("\0".join(row).encode()).digest()
