"""WordNet's synsets with their words alone, all that nlpaug asks for: read many times faster."""

import re
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FILES = {"n": "data.noun", "v": "data.verb", "a": "data.adj", "s": "data.adj", "r": "data.adv"}
# Behind an adjective: whether it stands before its noun, behind it or after a verb
MARK = re.compile(r"\([^()]*\)$")


class Word(NamedTuple):
    """Stands in for a lemma."""

    text: str

    def name(self) -> str:
        """The word, with _ for spaces."""
        return self.text


class WordsOnly(NamedTuple):
    """Stands in for a synset."""

    words: tuple[Word, ...]

    def lemmas(self, lang: str = "eng") -> tuple[Word, ...]:
        """Its words, in WordNet's order."""
        return self.words


def words_only(reader: Any) -> Any:
    """A copy of NLTK's WordNet reader whose `synsets` have words and nothing else.

    NLTK finds the synsets of a word, in any form; only how one is read from its line (gloss,
    examples, pointers and frames with it) is replaced.

    Args:
        reader: NLTK's, of an unpacked WordNet; it is left as it is.
    """

    @cache
    def data(name: str) -> bytes:
        return Path(str(reader.abspath(name))).read_bytes()

    @cache
    def read(pos: str, offset: int) -> WordsOnly:
        content = data(FILES[pos])
        line = content[offset : content.index(b"|", offset)].decode()
        # offset, number of the lexicographer's file, part of speech, count of words in hex,
        # then each word and its number in that file
        fields = line.split()
        words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
        return WordsOnly(tuple(Word(MARK.sub("", word)) for word in words))

    quick = copy(reader)
    quick.synset_from_pos_and_offset = read
    return quick
