"""The nearest train example, and its cosine."""

import numpy as np
import pytest
import torch

from mtbert.core.schemas import Ragged, Tokens
from mtbert.modeling.encoder import encoder_of
from mtbert.modeling.neighbours import nearest
from mtbert.modeling.packing import RowShape

from tiny import SEQUENCES, ragged, tiny_config


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return encoder_of(tiny_config())


def lists(texts, rows):
    """Some lists of a Ragged, as one."""
    parts = [texts.ids[texts.offsets[i] : texts.offsets[i + 1]] for i in rows]
    return Ragged(np.concatenate(parts), np.cumsum([0, *map(len, parts)]))


def split(a, b=None):
    size = len(a.lengths)
    return Tokens([str(i) for i in range(size)], a, b, np.zeros(size))


def shape(*, packed=True):
    return RowShape.of(SEQUENCES, row_length=32, packed=packed)


def means(encoder, texts):
    """Each text alone through the encoder, its vector of length 1."""
    vectors = []
    for i in range(len(texts.lengths)):
        ids = [1, *texts.ids[texts.offsets[i] : texts.offsets[i + 1]].tolist(), 2]
        with torch.no_grad():
            vectors.append(encoder(torch.tensor([ids])).last_hidden_state[0].mean(0))
    return torch.nn.functional.normalize(torch.stack(vectors))


@pytest.mark.parametrize("packed", [True, False])
def test_single_texts(encoder, packed):
    train, other = ragged([3, 9, 5, 12, 4, 7]), ragged([4, 6, 11], seed=1)
    expected = means(encoder, other) @ means(encoder, train).T
    rows, cosines = nearest(encoder, split(train), split(other), shape(packed=packed))
    assert rows.tolist() == expected.argmax(1).tolist()
    assert cosines == pytest.approx(expected.amax(1).numpy(), abs=1e-6)
    rows, cosines = nearest(encoder, split(train), split(lists(train, [4, 0])), shape())
    assert rows.tolist() == [4, 0]
    assert cosines == pytest.approx([1, 1], abs=1e-6)


def test_pairs_by_both_texts(encoder):
    a, b = ragged([3, 9, 5, 6]), ragged([8, 4, 7, 5], seed=1)
    other = split(lists(a, [0, 2]), lists(b, [1, 2]))
    rows, cosines = nearest(encoder, split(a, b), other, shape())
    both = [means(encoder, side) for side in (a, b)]
    first = (both[0][0] @ both[0].T + both[1][1] @ both[1].T) / 2
    assert rows.tolist() == [int(first.argmax()), 2]
    assert cosines == pytest.approx([float(first.max()), 1], abs=1e-6)
