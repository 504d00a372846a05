"""Which sentences of a split are known to mean the same."""

from collections.abc import Sequence

import numpy as np

from mtbert.core.schemas import Ragged


def same_meaning(sides: Sequence[Ragged], duplicates: np.ndarray | None = None) -> np.ndarray:
    """Number the sets of sentences known to mean the same: equal, or linked by duplicates.

    Args:
        sides: First texts of all examples and, of pairs, second ones, as token ids.
        duplicates: Which pairs are labelled as duplicates, (example,) bool.

    Returns:
        Number of each sentence's set, (example, side) int64.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    known: dict[bytes, int] = {}
    texts = np.array(
        [[known.setdefault(ids.tobytes(), len(known)) for ids in _texts(side)] for side in sides]
    )
    if duplicates is None or len(sides) == 1:
        return texts.T
    first, second = texts[:, duplicates]
    links = coo_matrix((np.ones(len(first)), (first, second)), shape=(len(known), len(known)))
    _, sets = connected_components(links, directed=False)
    numbered: np.ndarray = sets.astype(np.int64)[texts.T]
    return numbered


def _texts(side: Ragged) -> list[np.ndarray]:
    return np.split(side.ids, side.offsets[1:-1])
