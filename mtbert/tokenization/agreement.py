"""Whether a pretrained encoder's tokenizer does here what it does in Transformers, and fits it."""

import random
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError
from mtbert.core.params import read_json
from mtbert.tokenization.vocabulary import load_tokenizer

PROBES = 1000
# Blocks of Unicode: ASCII thrice, control characters, Latin, combining marks, Greek and Cyrillic,
# Hebrew and Arabic, Devanagari, Thai, Hangul, zero-width and bidirectional marks, symbols, kana,
# ideographs of two planes, private use, half-width forms, emoji
BLOCKS = (
    *((0x20, 0x7E), (0x41, 0x5A), (0x61, 0x7A), (0x01, 0x1F), (0x7F, 0xA0), (0xA1, 0x24F)),
    *((0x300, 0x36F), (0x370, 0x4FF), (0x590, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F)),
    *((0xAC00, 0xD7A3), (0x200B, 0x206F), (0x2190, 0x27BF), (0x3040, 0x30FF), (0x4E00, 0x9FFF)),
    *((0x20000, 0x2A6DF), (0xE000, 0xE0FF), (0xFE00, 0xFFFD), (0x1F300, 0x1FAFF)),
)
SPACES = (" ", "  ", "\t", "\n", "\u00a0", "\u3000")
LONGEST = 150  # letters of a word; WordPiece gives up at 100


def check_tokenizer(encoder: Path) -> None:
    """Compare the tokenizer of an encoder's folder with Transformers' on a thousand odd texts.

    Raises:
        InputError: Transformers cannot load it, or has no fast one; they differ on a text or on a
            pair; or it has more entries than the encoder.
    """
    ours, theirs = load_tokenizer(encoder), _of_transformers(encoder)
    texts = probes()
    for many in (texts, list(zip(texts, reversed(texts), strict=True))):
        expected = theirs(many, verbose=False)["input_ids"]
        for text, own, ids in zip(many, ours.encode_batch(many), expected, strict=True):
            if own.ids != ids:
                raise InputError(
                    f"{encoder}: for {text!r} its tokenizer gives {own.ids[:8]} … here and "
                    f"{ids[:8]} … in Transformers; this writes a tokenizer.json for both: "
                    f"AutoTokenizer.from_pretrained({str(encoder)!r}).save_pretrained(FOLDER)"
                )
    entries = read_json(encoder / "config.json").get("vocab_size")
    if isinstance(entries, int) and (last := max(ours.get_vocab().values())) >= entries:
        raise InputError(
            f"{encoder}: the tokenizer has {last + 1} entries, the encoder only {entries} "
            f"(vocab_size in its config.json); the last is {ours.id_to_token(last)!r}"
        )


def probes() -> list[str]:
    """Odd texts, the same each time: signs of many scripts, invisible ones, very long words."""
    draw = random.Random(0)
    texts = ["", " ", "A", "[CLS] [MASK] </s>", "É É don't e.g. U.S.A. 1,000.5", "a" * LONGEST]
    while len(texts) < PROBES:
        text = ""
        for _ in range(draw.randint(1, 8)):
            blocks = draw.sample(BLOCKS, 2) if draw.random() < 0.3 else [draw.choice(BLOCKS)]
            length = LONGEST if draw.random() < 0.02 else draw.randint(1, 9)
            text += "".join(chr(draw.randint(*draw.choice(blocks))) for _ in range(length))
            text += draw.choice(SPACES)
        texts.append(text)
    return texts


def _of_transformers(encoder: Path) -> Any:
    """The tokenizer that Transformers makes of a folder."""
    from transformers import AutoTokenizer
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        tokenizer = AutoTokenizer.from_pretrained(encoder, local_files_only=True)
    except Exception as error:  # of several libraries, some of them not installed
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{encoder}: Transformers cannot load its tokenizer: {reason}; "
            "expected one that has a tokenizer.json"
        ) from None
    finally:
        logging.set_verbosity(verbosity)
    if not tokenizer.is_fast:
        raise InputError(
            f"{encoder}: its tokenizer, {type(tokenizer).__name__}, is written in Python; expected "
            "one that has a tokenizer.json"
        )
    return tokenizer
