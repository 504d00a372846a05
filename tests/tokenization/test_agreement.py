"""An encoder's tokenizer does what Transformers' own does, or its folder is refused."""

import json

import pytest
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

from mtbert.core.errors import InputError
from mtbert.tokenization.agreement import check_tokenizer, probes

LETTERS = [chr(code) for code in (*range(0x21, 0x7F), *range(0xE0, 0x100), *range(0x3041, 0x3097))]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS]
WORDS += [f"##{letter}" for letter in LETTERS if letter.isalnum()]
SIZE = len(WORDS)


def encoder(folder, *, change=None, entries=SIZE, **settings):
    """A folder with a tokenizer.json or, without a change to it, a vocab.txt alone."""
    folder.mkdir(exist_ok=True)
    config = {"model_type": "bert", "vocab_size": entries}
    (folder / "config.json").write_text(json.dumps(config))
    if settings:
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    if change is None:
        (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
        return folder
    vocabulary = {word: place for place, word in enumerate(WORDS)}
    whole = json.loads(BertWordPieceTokenizer(vocabulary, lowercase=True).to_str())
    (folder / "tokenizer.json").write_text(json.dumps(whole | change))
    return folder


@pytest.mark.parametrize(
    "content",
    [
        {"do_lower_case": True},
        {"do_lower_case": False, "strip_accents": True},
        {"change": {}, "do_lower_case": True},
    ],
)
def test_an_equal_tokenizer_is_taken(tmp_path, content):
    check_tokenizer(encoder(tmp_path / "bert", **content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"change": {"post_processor": None}}, "for '' .* here and .* in Transformers; .*save_pre"),
        ({"change": {"normalizer": None}}, "gives .* here and .* in Transformers"),
        ({"change": {}, "entries": SIZE - 1}, r"has \d+ entries, the encoder only \d+ .*'##"),
        (
            {"tokenizer_class": "BertJapaneseTokenizer", "do_lower_case": False},
            "Transformers cannot load its tokenizer|is written in Python",
        ),
    ],
)
def test_another_one_is_refused_with_the_difference(tmp_path, content, message):
    with pytest.raises(InputError, match=f"^{tmp_path / 'bert'}: .*{message}"):
        check_tokenizer(encoder(tmp_path / "bert", **content))


def test_saving_it_by_transformers_mends_a_tokenizer(tmp_path):
    from transformers import AutoTokenizer

    folder = encoder(tmp_path / "bert", change={"post_processor": None})
    AutoTokenizer.from_pretrained(folder).save_pretrained(folder)
    check_tokenizer(folder)


def test_probes_are_odd_and_always_the_same():
    texts = probes()
    assert texts == probes()
    assert len(set(texts)) == len(texts) == 1000
    joined = "".join(texts)
    assert all(sign in joined for sign in ("\u200b", "\t", "\x01", "[MASK]", "a" * 101))
    assert sum(ord(sign) > 0xFFFF for sign in joined) > 100
