"""Distinct train sentences, and nothing of dev or test."""

import numpy as np
import pyarrow as pa
import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import read_section
from mtbert.core.schemas import tokens_schema, write_table
from mtbert.pretraining.sentences import read_sentences
from mtbert.pretraining.settings import PretrainSettings

from tiny import ROOT

ORDINARY = np.arange(100) >= 5
SETTINGS = read_section(ROOT / "params.yaml", "pretrain", PretrainSettings)


def write(folder, task, split, first, second=None):
    rows = [[str(i) for i in range(len(first))], first, second or [None] * len(first)]
    table = pa.table([*rows, [None] * len(first)], schema=tokens_schema(100))
    write_table(folder / task / f"{split}.parquet", table)


@pytest.fixture
def tokens(tmp_path):
    write(tmp_path, "one", "train", [[10, 11], [12], [10, 11], [13, 14], [1], []])
    write(tmp_path, "one", "dev", [[12]])
    write(tmp_path, "two", "train", [[10, 11], [20, 21]], [[22], [23, 24, 25, 26]])
    write(tmp_path, "two", "test", [[40]], [[22]])
    # A task that is not read: its test split is nobody's to read either.
    write(tmp_path, "three", "train", [[30]])
    write(tmp_path, "three", "test", [[13, 14], [23, 24, 25, 99]])
    return tmp_path


def lists(ragged):
    return [ids.tolist() for ids in np.split(ragged.ids, ragged.offsets[1:-1])]


def read(tokens, *tasks, longest=9, **changes):
    settings = SETTINGS.model_copy(update={"tasks": tasks, "held_out": 0.34, **changes})
    return read_sentences(tokens, settings, longest=longest, ordinary=ORDINARY)


def test_each_sentence_once_and_none_of_dev_or_test(tokens):
    sentences = read(tokens, "one", "two")
    assert sorted(lists(sentences.train) + lists(sentences.held_out)) == [
        [10, 11],
        [20, 21],
        [23, 24, 25, 26],
    ]
    counts = sentences.counts
    assert (counts["texts"], counts["distinct"]) == (10, 8)
    # [12], [13, 14] and [22]; then [1], which is special, and the empty one.
    assert (counts["in_dev_or_test"], counts["without_words"]) == (3, 2)
    assert (counts["trained_on"], counts["held_out"]) == (2, 1)


def test_sentences_are_compared_as_far_as_the_model_reads_them(tokens):
    sentences = read(tokens, "one", "two", longest=3)
    assert sorted(lists(sentences.train) + lists(sentences.held_out)) == [[10, 11], [20, 21]]


def test_the_seed_decides_what_is_held_out(tokens):
    write(tokens, "one", "train", [[i, j] for i in range(10, 40) for j in range(15, 25)])
    kept = [read(tokens, "one", held_out=0.1, seed=seed) for seed in (1, 1, 2)]
    assert lists(kept[0].held_out) == lists(kept[1].held_out) != lists(kept[2].held_out)
    for sentences in kept:
        assert (sentences.counts["trained_on"], sentences.counts["held_out"]) == (270, 30)
        parts = (sentences.train, sentences.held_out)
        pairs = [{tuple(ids) for ids in lists(part)} for part in parts]
        assert not pairs[0] & pairs[1]


def test_too_few_sentences_are_refused(tokens):
    with pytest.raises(InputError, match=r"pretrain\.tasks: three: expected two sentences or more"):
        read(tokens, "three")
