"""Which sentences of a split are paraphrases of each other, as far as its labels say."""

from collections.abc import Sequence

import numpy as np

from mtbert.core.schemas import Ragged


def paraphrase_clusters(
    sides: Sequence[Ragged], duplicates: np.ndarray | None = None
) -> np.ndarray:
    """Number the cluster of each sentence, (example, side) int64: equal, or linked by duplicates.

    `sides` are the first texts of all examples and, of pairs, the second ones, as token ids;
    `duplicates` says which pairs are labelled as duplicates, (example,) bool.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    numbers: dict[bytes, int] = {}
    texts = np.array(
        [
            [
                numbers.setdefault(ids.tobytes(), len(numbers))
                for ids in np.split(side.ids, side.offsets[1:-1])
            ]
            for side in sides
        ]
    )
    if duplicates is None or len(sides) == 1:
        return texts.T
    first, second = texts[:, duplicates]
    links = coo_matrix((np.ones(len(first)), (first, second)), shape=(len(numbers), len(numbers)))
    _, components = connected_components(links, directed=False)
    clusters: np.ndarray = components.astype(np.int64)[texts.T]
    return clusters
