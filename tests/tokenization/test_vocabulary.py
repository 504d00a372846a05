"""A vocab.txt is read as Transformers reads it; a trained vocabulary keeps to its size."""

import json
from itertools import pairwise

import pytest

from mtbert.errors import InputError
from mtbert.tokenization.vocabulary import load_tokenizer, template, train_tokenizer

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
UNCASED = [*SPECIALS, "the", "cat", "##s", "sat", "naive", "na\u00efve", "!", "\u4e2d", "\u6587"]
CASED = [*UNCASED, "The", "Na\u00efve", "\u4e2d\u6587"]
TEXTS = ("The cats sat!", "na\u00efve  cat", "", "dog sat", "Na\u00efve", "\u4e2d\u6587")


def encoder(folder, words, **config):
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    if config:
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize(
    ("words", "config"),
    [
        (UNCASED, {}),
        (UNCASED, {"do_lower_case": True, "strip_accents": False}),
        (CASED, {"do_lower_case": False}),
        (CASED, {"do_lower_case": False, "strip_accents": True}),
        (CASED, {"do_lower_case": False, "tokenize_chinese_chars": False}),
        (CASED, {"do_lower_case": True}),
    ],
)
def test_a_vocabulary_equals_transformers_own(tmp_path, words, config):
    from transformers import BertTokenizer

    ours = load_tokenizer(encoder(tmp_path, words, **config))
    theirs = BertTokenizer(str(tmp_path / "vocab.txt"), **config)
    for text in TEXTS:
        assert ours.encode(text).ids == theirs(text)["input_ids"]
        pair = theirs(text, "the cat")
        encoded = ours.encode(text, "the cat")
        assert (encoded.ids, encoded.type_ids) == (pair["input_ids"], pair["token_type_ids"])
    assert template(ours)["prefix"] == [2]


def test_a_cased_vocabulary_alone_keeps_its_case(tmp_path):
    assert load_tokenizer(encoder(tmp_path, CASED)).encode("The the").tokens[1:3] == ["The", "the"]
    assert load_tokenizer(encoder(tmp_path, UNCASED)).encode("The").tokens[1] == "the"


def test_a_faulty_tokenizer_config_is_told(tmp_path):
    encoder(tmp_path, UNCASED, do_lower_case="no")
    with pytest.raises(InputError, match="the tokenizer cannot be read"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text("[]")
    with pytest.raises(InputError, match=r"tokenizer_config\.json: expected a JSON object"):
        load_tokenizer(tmp_path)


@pytest.mark.parametrize("size", [20, 60, 100])
def test_a_vocabulary_has_at_most_its_size(size):
    # 90 letters in two places each, and the commonest words made of the first few.
    letters = [chr(0x430 + n) for n in range(32)] + [chr(0x4E00 + n) for n in range(58)]
    texts = [first + second for first, second in pairwise(letters)]
    texts += ["abab cabs", "abab cabs bacca"]
    trained = train_tokenizer(texts, size=size)
    assert trained.get_vocab_size() <= size
    assert trained.get_vocab() == train_tokenizer(reversed(texts), size=size).get_vocab()
    assert trained.encode("abab").tokens.count("[UNK]") == 0
    assert trained.encode("\u0451").tokens == ["[CLS]", "[UNK]", "[SEP]"]
