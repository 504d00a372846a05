"""Packed and padded batches are the same thing to a model."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from modeling.zoo import PACKED, PADDED_ROWS

from mtbert.modeling.encoder import encode, encoder_of, pooler_output
from mtbert.modeling.packing import TaskExamples, collate, place_sequences, spans, truncated_lengths
from mtbert.modeling.pooling import POOLINGS

from tiny import ragged, tiny_config


def encoder():
    torch.manual_seed(0)
    return encoder_of(tiny_config(), pooler=True)


def examples(lengths_a, lengths_b=None, *, joint=False):
    b = None if lengths_b is None else ragged(lengths_b, seed=1)
    return TaskExamples(ragged(lengths_a), b, np.arange(len(lengths_a)), joint=joint)


def vectors_of(model, batch, pooling):
    hidden = encode(model, batch)
    pooler = partial(pooler_output, model)
    return POOLINGS[pooling]().pool(hidden, batch.sequence.flatten(), batch.starts, pooler)


def test_a_batch_by_hand():
    batch = collate({"sst": examples([2, 1])}, PACKED)
    ids = ragged([2, 1]).ids
    assert batch.input_ids.tolist() == [[1, ids[0], ids[1], 2, 1, ids[2], 2]]
    assert batch.position_ids.tolist() == [[0, 1, 2, 3, 0, 1, 2]]
    assert batch.token_type_ids.tolist() == [[0] * 7]
    assert batch.sequence.tolist() == [[0, 0, 0, 0, 1, 1, 1]]
    assert batch.starts.tolist() == [0, 4]
    assert (batch.tokens, batch.packed) == (7, True)
    assert not collate({"sst": examples([2, 1])}, PADDED_ROWS).packed


def test_a_joint_pair_by_hand():
    batch = collate({"sts": examples([1], [2], joint=True)}, PACKED)
    a, b = ragged([1]).ids, ragged([2], seed=1).ids
    assert batch.input_ids.tolist() == [[1, a[0], 2, b[0], b[1], 2]]
    assert batch.token_type_ids.tolist() == [[0, 0, 0, 1, 1, 1]]
    assert batch.parts["sts"].second is None


@pytest.mark.parametrize("length", range(1, PACKED.max_length + 4))
def test_every_length_equals_its_padded_self(length):
    model = encoder().eval()
    mixed = examples([length, 3, 29, 1, length], [7, length, 2, length, 12])
    with torch.inference_mode():
        packed, padded = (
            vectors_of(model, collate({"t": mixed}, shape), "mean")
            for shape in (PACKED, PADDED_ROWS)
        )
    torch.testing.assert_close(packed, padded, atol=1e-5, rtol=0)


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_vectors_losses_and_gradients_equal_the_padded_ones(pooling, joint):
    mixed = examples([5, 1, 30, 12, 7, 3], [2, 28, 30, 4, 9, 1], joint=joint)
    results = []
    for shape in (PACKED, PADDED_ROWS):
        model = encoder().train()
        vectors = vectors_of(model, collate({"t": mixed}, shape), pooling)
        target = torch.linspace(-1, 1, vectors.shape[1])
        loss = ((vectors - target) ** 2).mean()
        loss.backward()
        grads = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
        results.append([vectors.detach(), loss.detach(), grads])
    torch.testing.assert_close(*results, atol=1e-5, rtol=0)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=80), st.integers(8, 64))
def test_placing_overlaps_nothing_and_loses_nothing(lengths, limit):
    lengths = np.array(lengths)
    row, column, width = place_sequences(lengths, max(limit, int(lengths.max())))
    taken = spans(row * width + column, lengths)
    assert len(set(taken.tolist())) == lengths.sum()
    assert (column + lengths <= width).all()
    assert width <= max(limit, lengths.max())


@pytest.mark.parametrize("batch", [16, 32, 64])
def test_ordinary_batches_are_at_least_95_percent_real(batch):
    generator = np.random.default_rng(0)
    shares = []
    for _ in range(50):
        lengths = np.clip(generator.gamma(4.0, 5.0, batch).astype(int) + 3, 3, 80)
        row, _, width = place_sequences(lengths, 128)
        shares.append(lengths.sum() / ((row.max() + 1) * width))
    assert np.median(shares) >= 0.95


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(2, 50))
def test_truncation_is_transformers_longest_first(a, b, room):
    from tokenizers import Tokenizer, models, pre_tokenizers

    theirs = Tokenizer(models.WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    theirs.pre_tokenizer = pre_tokenizers.Whitespace()
    theirs.enable_truncation(room, strategy="longest_first")
    types = theirs.encode("a " * a, "b " * b).ids
    ours = truncated_lengths(np.array([a]), np.array([b]), room)
    assert (int(ours[0][0]), int(ours[1][0])) == (types.count(0), types.count(1))


def test_the_longest_pair_fits():
    batch = collate({"t": examples([50], [40], joint=True)}, PACKED)
    single = collate({"t": examples([50])}, PACKED)
    assert batch.tokens == single.tokens == PACKED.max_length
    assert single.input_ids[0, -1] == 2, "the closing token is kept"
