"""What words must stay, and what must not take a word's place; all of it looked up once a word."""

from collections.abc import Callable, Collection
from typing import Any, Literal

from mtbert.augmentation.settings import TAGS, TaskAugmentation

# Why a word stays, or a candidate is refused: a filter, or a guard
Reason = Literal["stop_words", "parts_of_speech", "sentiment", "antonyms", "numbers", "negations"]

# With what stands before n't and means nothing by itself, as the treebank cuts can't and won't
NEGATIONS = frozenset(
    """
    no not nor n't never none nobody nothing neither nowhere without cannot non hardly barely
    scarcely seldom rarely nay ca wo sha ai
    """.split()  # noqa: SIM905 - a list would take a line for each
)
NUMBERS = frozenset(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand million billion trillion dozen score first second third fourth fifth sixth
    seventh eighth ninth tenth half quarter once twice thrice single double triple pair couple
    deuce trio hundreds thousands millions billions dozens
    """.split()  # noqa: SIM905 - a list would take a line for each
)
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

    def stays(self, word: str, tag: str) -> Reason | None:
        """Why a word with this tag is never replaced; None if it may be."""
        lower = word.lower()
        if self.guards.numbers and (tag == "CD" or is_number(lower)):
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
        parts = candidate.lower().replace("_", " ").replace("-", " ").split()
        if self.guards.numbers and any(map(is_number, parts)):
            return "numbers"
        if self.guards.negations and any(map(is_negation, parts)):
            return "negations"
        if self.opposite is not None and self.opposite(word.lower(), candidate.lower()):
            return "antonyms"
        return None


def is_number(word: str) -> bool:
    """Whether a word in lower case is a number, or has one in it."""
    return any(c.isdigit() for c in word) or not NUMBERS.isdisjoint(word.split("-"))


def is_negation(word: str) -> bool:
    """Whether a word in lower case denies something."""
    return word in NEGATIONS or word.endswith("n't") or word.startswith("non-")


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
