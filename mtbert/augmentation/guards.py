"""Filters and guards on single words: which words stay, and what may not replace a word."""

import re
from collections.abc import Callable, Collection
from functools import cache
from typing import Any, Literal

from mtbert.augmentation.settings import TAGS, TaskAugmentation

# Why a word stays, or a candidate is refused: a filter, or a guard
Reason = Literal["stop_words", "parts_of_speech", "sentiment", "antonyms", "numbers", "negations"]

# Among them the parts that the Penn Treebank leaves before n't: ca, wo, sha, ai
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
# WordNet lists them with the number or the unit: "c" with "century"
ROMAN = re.compile(r"(?=.)m{0,3}(c[md]|d?c{0,3})(x[cl]|l?x{0,3})(i[xv]|v?i{0,3})")
# English function words; WordNet takes several for rare nouns ("as": arsenic).
STOP_WORDS = frozenset(
    """
    a about above across after again against ago all along also although am amid among amongst an
    and another any anybody anyone anything are around as at away back be because been before behind
    being below beneath beside besides between beyond both but by can concerning could d despite did
    do does doing down during each either else enough even ever every everybody everyone everything
    except few for from further had has have having he hence her here hers herself hey hi him
    himself his how however i if in inside instead into is it its itself just least less let like ll
    m many may me might minus more most much must my myself near next of off oh ok okay on once only
    onto or other ought our ours ourselves out outside over own past per plus rather re regarding s
    same several shall she should since so some somebody someone something still such t than that
    the their theirs them themselves then there therefore these they this those though through
    throughout thus till to too toward towards under underneath unless unlike until up upon us ve
    very via was we were what whatever when whenever where whereas wherever whether which whichever
    while who whoever whom whomever whose why will with within would yet you your yours yourself
    yourselves
    's 'm 're 've 'd 'll -lrb- -rrb-
    """.split()  # noqa: SIM905 - a list would take a line for each
)
# Whether one word is an opposite of the other; both in lower case
Opposite = Callable[[str, str], bool]


class WordGuards:
    """The filters and guards of one task that look at single words."""

    def __init__(
        self,
        settings: TaskAugmentation,
        *,
        sentiment: Callable[[str], bool] | None = None,
        opposites: Collection[Opposite] = (),
    ) -> None:
        self.settings, self.guards = settings, settings.guards
        self.stop_words = STOP_WORDS if settings.stop_words == "english" else frozenset[str]()
        self.sentiment = sentiment or (lambda word: False)
        self.opposites = opposites
        self.parts = {tag: part for part, tags in TAGS.items() for tag in tags}
        # Texts share most of their words.
        self.stays: Callable[[str, str], Reason | None] = cache(self._stays)

    def _stays(self, word: str, tag: str) -> Reason | None:
        """Why a word with this tag is never replaced; None if it may be."""
        lower, allowed = word.lower(), self.settings.parts_of_speech
        # "i" counts as a pronoun unless tagged CD.
        if self.guards.numbers and (tag == "CD" or (is_number(lower) and lower != "i")):
            return "numbers"
        if self.guards.negations and is_negation(lower):
            return "negations"
        if self.sentiment(lower):
            return "sentiment"
        if lower in self.stop_words:
            return "stop_words"
        if allowed == "all" or self.parts.get(tag, "other") in allowed:
            return None
        return "parts_of_speech"

    def refuses(self, word: str, candidate: str) -> Reason | None:
        """Why a candidate may not replace a word; None if it may."""
        whole = candidate.lower().replace("_", " ")
        parts = whole.replace("-", " ").split()
        if self.guards.numbers and any(map(is_number, parts)):
            return "numbers"
        if self.guards.negations and any(map(is_negation, parts)):
            return "negations"
        if any(opposite(word.lower(), candidate.lower()) for opposite in self.opposites):
            return "antonyms"
        # "look up to" carries sentiment as a whole, which WordNet spells with underscores.
        if any(map(self.sentiment, (whole.replace(" ", "_"), *parts))):
            return "sentiment"
        return None


def is_number(word: str) -> bool:
    """Whether a word in lower case is or contains a number, in words, digits or Roman numerals."""
    return (
        any(sign.isnumeric() for sign in word)
        or ROMAN.fullmatch(word) is not None
        or any(part in NUMBERS or part.removesuffix("s") in NUMBERS for part in word.split("-"))
    )


def is_negation(word: str) -> bool:
    """Whether a word in lower case negates."""
    return word.endswith("n't") or not NEGATIONS.isdisjoint(word.split("-"))


def wordnet_opposites(reader: Any) -> Opposite:
    """Return a test for WordNet antonyms, direct and indirect.

    "Chilly" is no antonym of "hot" there but similar to one, "cold" (an indirect antonym).
    """

    @cache
    def opposites(word: str) -> frozenset[str]:
        synsets = reader.synsets(word)
        near = {*synsets, *(s for synset in synsets for s in synset.similar_tos())}
        # No set of lemmas: NLTK compares them by name, and would drop all but one of a name.
        lemmas = [other for s in near for lemma in s.lemmas() for other in lemma.antonyms()]
        similar = {s for lemma in lemmas for s in lemma.synset().similar_tos()}
        lemmas += [lemma for s in similar for lemma in s.lemmas()]
        return frozenset(lemma.name().lower() for lemma in lemmas)

    def opposite(word: str, other: str) -> bool:
        lemmas = (reader.morphy(other, part) for part in "nvar")
        return not opposites(word).isdisjoint({other, *lemmas})

    return opposite
