"""A vocab.txt is read as Transformers reads it; a trained vocabulary keeps to its size."""

import json
from itertools import pairwise

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from mtbert.core.errors import InputError
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


def test_a_vocabulary_alone_says_its_case_only_if_it_has_none(tmp_path):
    words = [*UNCASED, *(f"word{n}" for n in range(200)), "Harbour"]
    assert load_tokenizer(encoder(tmp_path, words)).encode("The").tokens[1] == "the"
    with pytest.raises(InputError, match=r"2 of 12 words have capitals.*do_lower_case"):
        load_tokenizer(encoder(tmp_path, CASED))


def test_a_vocabulary_without_a_token_for_unknown_words_is_refused(tmp_path):
    encoder(tmp_path, [word for word in UNCASED if word != "[UNK]"])
    with pytest.raises(InputError, match=r"the tokenizer cannot be read: .*Missing \[UNK\]"):
        load_tokenizer(tmp_path)


def test_a_faulty_tokenizer_config_is_told(tmp_path):
    encoder(tmp_path, UNCASED, do_lower_case="no")
    with pytest.raises(InputError, match="the tokenizer cannot be read"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text("[]")
    with pytest.raises(InputError, match=r"tokenizer_config\.json: expected a mapping of keys"):
        load_tokenizer(tmp_path)


def roberta(texts=TEXTS):
    """A byte-level BPE with RoBERTa's special tokens, its padding id 1."""
    from tokenizers.implementations import ByteLevelBPETokenizer

    tokenizer = ByteLevelBPETokenizer()
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        texts, vocab_size=300, special_tokens=specials, show_progress=False
    )
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return Tokenizer.from_str(tokenizer.to_str())


def unigram():
    """A unigram model with the template of ALBERT and DeBERTa-v3."""
    pieces = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "\u2581", "\u2581a", "\u2581cat", "s", "a"]
    scores = [(piece, 0.0 if piece[0] == "[" else -1.0 - n) for n, piece in enumerate(pieces)]
    tokenizer = Tokenizer(models.Unigram(scores, unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    return tokenizer


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (roberta, {"prefix": [0], "middle": [2, 2], "suffix": [2], "types": [0, 0], "pad": 1}),
        (unigram, {"prefix": [1], "middle": [2], "suffix": [2], "types": [0, 1], "pad": 0}),
    ],
)
def test_special_tokens_of_other_kinds_are_read_off(tmp_path, build, expected):
    build().save(str(tmp_path / "tokenizer.json"))
    loaded = load_tokenizer(tmp_path)
    special = template(loaded)
    assert special == expected
    assert template(loaded, pad=7) == {**expected, "pad": 7}
    a, b = (loaded.encode(text, add_special_tokens=False).ids for text in ("a cats", "cat"))
    whole = [*special["prefix"], *a, *special["middle"], *b, *special["suffix"]]
    assert whole == loaded.encode("a cats", "cat").ids


def test_a_tokenizer_of_no_token_is_refused():
    with pytest.raises(InputError, match="makes no token of the letter a"):
        template(Tokenizer(models.BPE()))


def test_a_vocabulary_with_other_special_tokens_is_refused(tmp_path):
    encoder(tmp_path, ["<s>", "<pad>", "</s>", *UNCASED])
    with pytest.raises(InputError, match=r"vocab.txt: its special tokens are <s> and </s>"):
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
