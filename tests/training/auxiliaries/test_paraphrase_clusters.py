import numpy as np

from mtbert.core.schemas import Ragged
from mtbert.training.auxiliaries.paraphrase_clusters import paraphrase_clusters


def texts(*lists):
    return Ragged(
        np.array([it for this in lists for it in this], dtype=np.int64),
        np.cumsum([0, *map(len, lists)]).astype(np.int64),
    )


A = texts([1, 2], [3], [5, 5], [1, 2], [7])
B = texts([3], [4], [6], [8], [1])


def test_equal_texts():
    single, sets = paraphrase_clusters([A]), paraphrase_clusters([A, B])
    assert (single.shape, sets.shape) == ((5, 1), (5, 2))
    assert single[0] == single[3]
    assert sets[0, 0] == sets[3, 0]
    assert sets[0, 1] == sets[1, 0]
    assert len(np.unique(sets)) == 8


def test_duplicates_link_over_several_pairs():
    # 1 2 ~ 3 and 3 ~ 4: all three mean the same; the third pair is none, the others neither.
    sets = paraphrase_clusters([A, B], np.array([True, True, False, False, False]))
    assert sets[0, 0] == sets[0, 1] == sets[1, 1] == sets[3, 0]
    assert sets[2, 0] != sets[2, 1]
    assert len(np.unique(sets)) == 6
