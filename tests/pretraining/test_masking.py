"""Which tokens are masked, how often, and what replaces them."""

import json

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from mtbert.core.errors import InputError
from mtbert.pretraining.masking import MaskingVocabulary, mask, read_vocabulary

# Entries 0 to 4 are special, and 4 hides.
ORDINARY = np.arange(50) >= 5
VOCABULARY = MaskingVocabulary(4, ORDINARY)


def drawn(*, rows=400, share=0.15, seed=0):
    """Rows of [CLS] 30 words [SEP] and 8 of padding."""
    words = np.random.default_rng(9).integers(5, 50, (rows, 30))
    around = [np.full((rows, n), i) for n, i in ((1, 2), (1, 3), (8, 0))]
    ids = np.concatenate([around[0], words, *around[1:]], axis=1)
    real = np.zeros(ids.shape, bool)
    real[:, :32] = True
    masked = mask(ids, real, VOCABULARY, share=share, generator=np.random.default_rng(seed))
    return ids, masked


def within(count, n, p):
    """Whether a count is one that a binomial draw gives but once in a million."""
    return abs(count - n * p) < 5 * (n * p * (1 - p)) ** 0.5


@pytest.mark.parametrize("share", [0.15, 0.4])
def test_shares_are_those_of_the_paper(share):
    _, masked = drawn(share=share)
    seen, count = masked.ids.ravel()[masked.places], len(masked.places)
    assert within(count, 400 * 30, share)
    assert within((seen == 4).sum(), count, 0.8)
    # A random one is the right one at times: 10 % and 1 of 45 of another 10 %.
    assert within((seen == masked.labels).sum(), count, 0.1 + 0.1 / 45)
    other = seen[(seen != 4) & (seen != masked.labels)]
    assert within(len(other), count, 0.1 * 44 / 45)
    assert ORDINARY[other].all()
    assert len(np.unique(other)) > 20


def test_special_tokens_and_padding_stay_and_labels_are_at_hidden_places_alone():
    ids, masked = drawn(share=0.9)
    assert ORDINARY[masked.labels].all()
    assert (masked.labels == ids.ravel()[masked.places]).all()
    assert len(np.unique(masked.places)) == len(masked.places)
    changed = np.flatnonzero(masked.ids != ids)
    assert set(changed) <= set(masked.places)
    assert (masked.ids[:, 0] == 2).all()
    assert (masked.ids[:, 31] == 3).all()
    assert (masked.ids[:, 32:] == 0).all()


def test_padding_is_not_guessed_whatever_its_id():
    ids, real = np.full((1, 6), 7), np.array([[True, True, False, False, False, False]])
    masked = mask(ids, real, VOCABULARY, share=0.99, generator=np.random.default_rng(0))
    assert set(masked.places) <= {0, 1}


def test_a_batch_has_something_to_guess():
    ids = np.array([[2, 7, 3]])
    masked = mask(ids, ids > 0, VOCABULARY, share=1e-9, generator=np.random.default_rng(0))
    assert masked.places.tolist() == [1]
    assert masked.labels.tolist() == [7]


def tokenizer(*words):
    word_level = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    word_level.add_special_tokens([word for word in words if word[0] in "[<"])
    return word_level


@pytest.mark.parametrize("named", [None, "[MASK]", {"content": "[MASK]"}, "<hide>"])
def test_the_mask_token_is_the_named_or_the_usual_one(tmp_path, named):
    if named is not None:
        config = {"mask_token": named}
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=rf"^{tmp_path}: its tokenizer has no mask token \("):
        read_vocabulary(tokenizer("[UNK]", "a", "b"), tmp_path)
    if named != "<hide>":
        vocabulary = read_vocabulary(tokenizer("[UNK]", "a", "[MASK]", "b"), tmp_path)
        assert vocabulary.mask == 2
        assert vocabulary.ordinary.tolist() == [False, True, False, True]
