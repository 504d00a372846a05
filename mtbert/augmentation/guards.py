"""What words must stay, and what must not take a word's place; all of it looked up once a word."""

import re
from collections.abc import Callable, Collection
from functools import cache
from typing import Any, Literal

from mtbert.augmentation.settings import TAGS, TaskAugmentation

# Why a word stays, or a candidate is refused: a filter, or a guard
Reason = Literal["stop_words", "parts_of_speech", "sentiment", "antonyms", "numbers", "negations"]

# With what stands before n't and means nothing by itself, as the treebank cuts can't and won't
NEGATIONS = frozenset(
    """
    no not nor n't never none nobody nothing neither nowhere nowise naught nought nary nope nay
    without lack lacks lacked lacking cannot non hardly barely scarcely seldom rarely ca wo sha ai
    """.split()  # noqa: SIM905 - a list would take a line for each
)
# In the singular
NUMBERS = frozenset(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand million billion trillion quadrillion lakh crore dozen score fourscore
    zeroes sixes twenties thirties forties fifties sixties seventies eighties nineties
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
    fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth fortieth
    fiftieth sixtieth seventieth eightieth ninetieth hundredth thousandth millionth billionth
    trillionth firstly secondly thirdly half halves halve halved halving quarter quartered
    once twice thrice single double doubled doubling doubly triple tripled tripling triply treble
    trebled quadruple quadrupled quintuple twofold threefold fourfold fivefold sixfold tenfold
    hundredfold thousandfold millionfold pair couple deuce duo trio quartet quintet
    """.split()  # noqa: SIM905 - a list would take a line for each
)
# WordNet has them beside the number or the unit: "c" for "century"
ROMAN = re.compile(r"(?=.)m{0,3}(c[md]|d?c{0,3})(x[cl]|l?x{0,3})(i[xv]|v?i{0,3})")
NO_SENTIMENT: Callable[[str], bool] = lambda word: False  # noqa: E731
# Whether one word is an opposite of the other; both in lower case
Opposite = Callable[[str, str], bool]


class WordGuards:
    """The filters and guards of one task that look at single words."""

    def __init__(
        self,
        settings: TaskAugmentation,
        *,
        stop_words: Collection[str],
        sentiment: Callable[[str], bool] = NO_SENTIMENT,
        opposite: Opposite | None = None,
    ) -> None:
        self.settings = settings
        self.guards = settings.guards
        self.stop_words = stop_words
        self.sentiment = sentiment
        self.opposite = opposite
        # A text has its words in common with many others.
        self.stays: Callable[[str, str], Reason | None] = cache(self._stays)
        # Whether there is anything to count
        self.active = (
            settings.guards.numbers
            or settings.guards.negations
            or sentiment is not NO_SENTIMENT
            or opposite is not None
            or bool(stop_words)
            or settings.parts_of_speech != "all"
        )
        known = {tag: part for part, tags in TAGS.items() for tag in tags}
        parts = settings.parts_of_speech
        self.allowed: Callable[[str], bool] = lambda tag: (
            parts == "all" or known.get(tag, "other") in parts
        )

    def _stays(self, word: str, tag: str) -> Reason | None:
        """Why a word with this tag is never replaced; None if it may be."""
        lower = word.lower()
        # A pronoun where it is not tagged as a number
        if self.guards.numbers and (tag == "CD" or (is_number(lower) and lower != "i")):
            return "numbers"
        if self.guards.negations and is_negation(lower):
            return "negations"
        if self.sentiment(lower):
            return "sentiment"
        if lower in self.stop_words:
            return "stop_words"
        return None if self.allowed(tag) else "parts_of_speech"

    def refuses(self, word: str, candidate: str) -> Reason | None:
        """Why a candidate may not take a word's place; None if it may."""
        whole = candidate.lower().replace("_", " ")
        parts = whole.replace("-", " ").split()
        if self.guards.numbers and any(map(is_number, parts)):
            return "numbers"
        if self.guards.negations and any(map(is_negation, parts)):
            return "negations"
        if self.opposite is not None and self.opposite(word.lower(), candidate.lower()):
            return "antonyms"
        # "look up to" carries sentiment as a whole, which WordNet spells with underscores.
        if any(map(self.sentiment, (whole.replace(" ", "_"), *parts))):
            return "sentiment"
        return None


def is_number(word: str) -> bool:
    """Whether a word in lower case is a number, Roman ones among them, or has one in it."""
    return (
        any(sign.isnumeric() for sign in word)
        or ROMAN.fullmatch(word) is not None
        or any(part in NUMBERS or part.removesuffix("s") in NUMBERS for part in word.split("-"))
    )


def is_negation(word: str) -> bool:
    """Whether a word in lower case denies something."""
    return word.endswith("n't") or not NEGATIONS.isdisjoint(word.split("-"))


class WordNetOpposites:
    """Tell opposites by WordNet, in any form, and those by way of a similar adjective.

    "Chilly" is no antonym of "hot" there but similar to one, "cold" (an indirect antonym).
    """

    def __init__(self, reader: Any) -> None:
        self.reader = reader
        self.known: dict[str, frozenset[str]] = {}

    def __call__(self, word: str, other: str) -> bool:
        """Whether one word is an opposite of the other; both in lower case."""
        return not self._opposites(word).isdisjoint(self._forms(other))

    def _opposites(self, word: str) -> frozenset[str]:
        """The opposites of a word, not inflected."""
        if word not in self.known:
            synsets = self.reader.synsets(word)
            near = {*synsets, *(s for synset in synsets for s in synset.similar_tos())}
            # No set of lemmas: NLTK takes those of the same name for equal, and drops all but one.
            lemmas = [other for s in near for lemma in s.lemmas() for other in lemma.antonyms()]
            similar = {s for lemma in lemmas for s in lemma.synset().similar_tos()}
            lemmas += [lemma for s in similar for lemma in s.lemmas()]
            self.known[word] = frozenset(lemma.name().lower() for lemma in lemmas)
        return self.known[word]

    def _forms(self, word: str) -> set[str]:
        """A word and what it may be a form of."""
        return {word} | {
            form for part in "nvar" if (form := self.reader.morphy(word, part)) is not None
        }
