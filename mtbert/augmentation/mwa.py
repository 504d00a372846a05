"""The word pairs of mwa_ppdb made into a PPDB file: with parts of speech, without stop words."""

import re
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from mtbert.augmentation.ppdb import Pairs, checked
from mtbert.augmentation.sentiment import ENGLISH

# WordNet's parts of speech -> tags of PPDB's left-hand sides
TAGS = {"n": "NN", "v": "VB", "a": "JJ", "r": "RB"}
WORD = re.compile(r"[a-z]+(-[a-z]+)*")
SUFFIXES = ("ing", "ed", "s", "er", "est")


def read_mwa(
    folder: Path, reader: Any, vocabulary: Collection[str], *, max_bad_share: float, where: str
) -> Pairs:
    """Turn the unordered, untagged word pairs of a folder into those of a PPDB file.

    A pair is taken in both directions, under each part of speech for which WordNet knows both
    words in the same form (both plain, or with the same ending). Words with other signs than
    letters, stop words, words that WordNet does not know, and words that no text has (nothing
    would ask for them) are left out. Nothing looks at meanings: of the list's nonsense what
    WordNet has under one part of speech stays ("man" and "right"), and so do the few foreign words
    that it knows ("women" and "frauen").

    Args:
        folder: its files, hidden ones left out, have a pair a line, with a tab between the words.
        reader: NLTK's of WordNet.
        vocabulary: the words of the texts.
        max_bad_share: of its lines that are no pairs, above which it is refused.
        where: the setting that says so.

    Raises:
        InputError: too many lines are no pairs, or nothing is left.
    """
    found = Pairs(str(folder))
    form = cache(lambda word, part: _form(reader, word, part))
    for path in sorted(path for path in folder.glob("[!.]*") if path.is_file()):
        for line in path.read_bytes().splitlines():
            found.lines += 1
            try:
                words = line.decode("utf-8").split("\t")
            except UnicodeDecodeError:
                found.broken.append((found.lines, "not UTF-8"))
                continue
            if len(words) != 2:
                found.broken.append((found.lines, f"expected 2 words, found {len(words)}"))
            elif all(WORD.fullmatch(word) and word not in ENGLISH for word in words):
                for word, other in (words, words[::-1]):
                    if word in vocabulary and (tags := _tags(form, word, other)):
                        found.pairs.append((f"[{tags}]", word, other))
    return checked(found, max_bad_share=max_bad_share, where=where)


def _tags(form: Any, word: str, other: str) -> str:
    """The parts of speech of both words in the same form, as in NN/VB."""
    shared = (
        tag
        for part, tag in TAGS.items()
        if (own := form(word, part)) is not None and own == form(other, part)
    )
    return "/".join(shared)


def _form(reader: Any, word: str, part: str) -> str | None:
    """A word's ending as a form of a word that WordNet knows; "" for that word itself."""
    lemma = reader.morphy(word, part)
    if lemma is None or lemma == word:
        return lemma and ""
    return next((suffix for suffix in SUFFIXES if word.endswith(suffix)), "irregular")
