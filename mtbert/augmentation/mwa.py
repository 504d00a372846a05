"""The word pairs of mwa_ppdb in PPDB's form: with parts of speech, without stop words."""

import re
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from mtbert.augmentation.guards import STOP_WORDS
from mtbert.augmentation.nltk_data import data_files
from mtbert.augmentation.ppdb import WordPairs

# WordNet's parts of speech -> tags of PPDB's left-hand sides
TAGS = {"n": "NN", "v": "VB", "a": "JJ", "r": "RB"}
WORD = re.compile(r"[a-z]+(-[a-z]+)*")
SUFFIXES = ("ing", "ed", "s", "er", "est")


def read_mwa(folder: Path, reader: Any, vocabulary: Collection[str]) -> WordPairs:
    """Turn the unordered, untagged word pairs of a folder into those of a PPDB file.

    The files have a pair a line, with a tab between the words; hidden files are skipped. A pair is
    taken in both directions, under each part of speech for which WordNet has both words in the same
    form (both lemmas, or with the same suffix). Left out are words with characters other than
    letters, stop words, words that WordNet lacks, and words outside the texts' vocabulary, which
    are never looked up. Meanings are not checked: of the list's nonsense, pairs that WordNet has
    under one part of speech stay ("man" and "right"), and so do its few foreign words ("women" and
    "frauen").
    """
    lexicon = WordPairs(str(folder))

    @cache
    def form(word: str, part: str) -> str | None:
        """A word's suffix, "" if it is a lemma, None if WordNet lacks it."""
        lemma = reader.morphy(word, part)
        if lemma is None or lemma == word:
            return lemma and ""
        return next((suffix for suffix in SUFFIXES if word.endswith(suffix)), "irregular")

    def take(line: str) -> str | None:
        words = line.split("\t")
        if len(words) != 2:
            return f"expected 2 words, found {len(words)}"
        if all(WORD.fullmatch(word) and word not in STOP_WORDS for word in words):
            for word, other in (words, words[::-1]):
                forms = {part: form(word, part) for part in TAGS if word in vocabulary}
                same = [p for p, own in forms.items() if own is not None and own == form(other, p)]
                if same:
                    tags = "/".join(TAGS[part] for part in same)
                    lexicon.pairs.append((f"[{tags}]", word, other))
        return None

    for path in data_files(folder):
        lexicon.read(path.read_bytes().splitlines(), take)
    return lexicon
