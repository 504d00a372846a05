"""The tokenizer of a run: the pretrained encoder's own, or WordPiece trained on the data."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

from mtbert.core.errors import InputError
from mtbert.core.params import read_json

TOKENIZER_FILES = ("tokenizer.json", "vocab.txt")
SPECIALS: tuple[str | AddedToken, ...] = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# Rarer letters become [UNK]: a corpus of the web has thousands.
LETTERS = 1000
UNKNOWN = "☃" * 200  # no vocabulary has this word
MAX_CASED = 0.01  # of the words of a vocabulary that is not cased: some were put in by hand


def load_tokenizer(encoder: Path) -> Tokenizer:
    """Load the tokenizer that lies beside a pretrained encoder.

    Truncation and padding that the file may carry are switched off: packing does both.

    Raises:
        InputError: the folder holds no tokenizer, or a broken one.
    """
    whole, vocabulary = (encoder / name for name in TOKENIZER_FILES)
    if not whole.is_file() and not vocabulary.is_file():
        raise InputError(f"{encoder}: no {whole.name} and no {vocabulary.name}")
    try:
        if whole.is_file():
            tokenizer = Tokenizer.from_file(str(whole))
        else:
            tokenizer = _from_vocabulary(vocabulary)
        tokenizer.encode(UNKNOWN)  # only now is it an error that a vocabulary has no [UNK]
    except InputError:
        raise
    except Exception as error:  # the Rust library raises bare Exceptions
        raise InputError(f"{encoder}: the tokenizer cannot be read: {error}") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _from_vocabulary(path: Path) -> Tokenizer:
    """The tokenizer of a vocab.txt, with the settings that older checkpoints keep beside it."""
    config = path.with_name("tokenizer_config.json")
    settings = read_json(config) if config.is_file() else {}
    entries = path.read_text(encoding="utf-8").split()
    # MPNet's holds all of BERT's special tokens, and uses others.
    if {"<s>", "</s>"} <= set(entries):
        raise InputError(
            f"{path}: its special tokens are <s> and </s>, not BERT's [CLS] and [SEP]: it needs a "
            "tokenizer.json; AutoTokenizer.from_pretrained(name).save_pretrained(folder) writes one"
        )
    words = [word for word in entries if word[0] != "["]
    cased = sum(word != word.lower() for word in words)
    # Lower-casing, which is Transformers' default, would put all these out of reach.
    if "do_lower_case" not in settings and cased > MAX_CASED * len(words):
        raise InputError(
            f"{path}: {cased:,} of {len(words):,} words have capitals, and nothing says whether "
            f'texts are lower-cased; expected {{"do_lower_case": false}}, or true, in {config}'
        )
    tokenizer = BertWordPieceTokenizer(
        str(path),
        lowercase=settings.get("do_lower_case", True),
        strip_accents=settings.get("strip_accents"),
        handle_chinese_chars=settings.get("tokenize_chinese_chars", True),
    )
    return Tokenizer.from_str(tokenizer.to_str())


def train_tokenizer(texts: Iterable[str], *, size: int) -> Tokenizer:
    """Train a lower-casing WordPiece vocabulary of at most `size` entries (Devlin et al. 2019).

    Words with a letter too rare to have an entry are left out: they become [UNK] as a whole.
    """
    trainer = BertWordPieceTokenizer(lowercase=True)
    words: Counter[str] = Counter()
    for text in texts:
        pieces = trainer.pre_tokenizer.pre_tokenize_str(trainer.normalizer.normalize_str(text))
        words.update(word for word, _ in pieces)
    letters = _letters(words, min(LETTERS, size - len(SPECIALS)))
    # The library numbers the letters in the order of a hash table, anew in each process, and ties
    # between equally frequent pieces fall by number: letters named beforehand keep their numbers.
    trainer.train_from_iterator(
        (" ".join([w] * words[w]) for w in sorted(words) if letters.issuperset(_split(w))),
        vocab_size=size,
        min_frequency=2,
        show_progress=False,
        special_tokens=[*SPECIALS, *sorted(letters)],
    )
    # Built anew from the vocabulary: training leaves out the template of special tokens.
    return Tokenizer.from_str(BertWordPieceTokenizer(trainer.get_vocab(), lowercase=True).to_str())


def _split(word: str) -> list[str]:
    """A word's letters: the first, and the others as `##x`."""
    return [word[0], *(f"##{letter}" for letter in word[1:])]


def _letters(words: Counter[str], limit: int) -> set[str]:
    """The commonest letters, both kinds; with what training adds to them, at most `limit`."""
    counts: Counter[str] = Counter()
    for word, count in words.items():
        for letter in _split(word):
            counts[letter] += count
    kept: set[str] = set()
    entries: set[str] = set()
    for letter in sorted(counts, key=lambda letter: (-counts[letter], letter)):
        # Training gives each letter an entry that opens a word, whether or not a word begins so.
        added = {letter, letter[-1]} - entries
        if len(entries) + len(added) > limit:
            break
        kept.add(letter)
        entries |= added
    return kept


def template(tokenizer: Tokenizer, *, pad: int | None = None) -> dict[str, Any]:
    """Read off a tokenizer where its special tokens stand: [CLS] a [SEP] and [CLS] a [SEP] b [SEP].

    Args:
        tokenizer: Of any kind; RoBERTa's writes <s> a </s></s> b </s>.
        pad: The encoder's padding id; without, the tokenizer's own.

    Returns:
        `prefix`, `middle` and `suffix`: lists of token ids around and between two texts;
        `types`: the token type of the first and of the second text; `pad`: the padding id.

    Raises:
        InputError: one text and a pair of texts open or close with different tokens.
    """
    plain = tokenizer.encode("a", add_special_tokens=False).ids
    if not plain:
        raise InputError("the tokenizer makes no token of the letter a; not supported")
    single, pair = tokenizer.encode("a"), tokenizer.encode("a", "a")
    start = next(i for i in range(len(single.ids)) if single.ids[i : i + len(plain)] == plain)
    prefix, suffix = single.ids[:start], single.ids[start + len(plain) :]
    second = len(pair.ids) - len(suffix) - len(plain)
    middle = pair.ids[start + len(plain) : second]
    if pair.ids != [*prefix, *plain, *middle, *plain, *suffix]:
        raise InputError("the tokenizer treats single texts and pairs differently; not supported")
    if pad is None:
        ids = (tokenizer.token_to_id(token) for token in ("[PAD]", "<pad>"))
        pad = next((number for number in ids if number is not None), 0)
    return {
        "prefix": prefix,
        "middle": middle,
        "suffix": suffix,
        "types": [pair.type_ids[start], pair.type_ids[second]],
        "pad": pad,
    }
