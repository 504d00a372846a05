"""Parts of speech: NLTK's perceptron tagger with remembered sums, or a lexicon's own."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np

from mtbert.augmentation.nltk_data import quick_imports

# Words -> (word, tag) each, as `nltk.pos_tag` gives them
Tagger = Callable[[list[str]], list[tuple[str, str]]]

# Two classes closer than this may change places with the order in which weights are added.
CLOSE = 1e-6


def perceptron_tagger() -> Tagger:
    """The tagger behind `nltk.pos_tag`, loaded once: the same tags many times faster.

    NLTK finds its data in the folder that is in use.
    """
    with quick_imports():
        from nltk.tag.perceptron import PerceptronTagger

    return QuickTagger(PerceptronTagger()).tag


class QuickTagger:
    """NLTK's greedy averaged perceptron, with the weights of each word summed up once.

    A tag has the highest sum of weights over 14 features of the word, its neighbours and the two
    tags before it. Features that go together become one remembered vector over all tags. Where two
    tags come close NLTK itself decides, so that the order of additions decides as it does there.
    """

    def __init__(self, tagger: Any) -> None:
        """Take over a loaded tagger of NLTK's."""
        self.tagger = tagger
        # Equal scores go to the class that comes last in the alphabet, and argmax takes the first.
        self.classes = sorted(tagger.model.classes, reverse=True)
        columns = {name: column for column, name in enumerate(self.classes)}
        # NLTK's features -> what each adds to the classes' scores, (class,)
        names = list(tagger.model.weights)
        self.weights = dict(zip(names, np.zeros((len(names), len(columns))), strict=True))
        for feature, weights in tagger.model.weights.items():
            for name, weight in weights.items():
                self.weights[feature][columns[name]] = weight
        self.nothing = np.zeros(len(columns))
        self._vector = cache(self._sum)
        _check_features(tagger)

    def tag(self, words: list[str]) -> list[tuple[str, str]]:
        """The words with their tags."""
        before, before2 = self.tagger.START
        context = [*self.tagger.START, *map(self.tagger.normalize, words), *self.tagger.END]
        found = []
        for i, word in enumerate(words):
            # Words that have nearly always one tag
            tag = self.tagger.tagdict.get(word) or self._best(i, word, context, before2, before)
            found.append((word, tag))
            before2, before = before, tag
        return found

    def _best(self, i: int, word: str, context: list[str], before2: str, before: str) -> str:
        """The tag of word i, given the normalized words with two more at each end."""
        first, *others = map(self._vector, _groups(word, context[i : i + 5], before2, before))
        scores: np.ndarray = sum(others, first)
        best = int(scores.argmax())
        if np.count_nonzero(scores > scores[best] - CLOSE) > 1:
            features = self.tagger._get_features(i, word, context, before, before2)
            return str(self.tagger.model.predict(features)[0])
        return str(self.classes[best])

    def _sum(self, group: tuple[str, ...]) -> np.ndarray:
        """What a group of features adds to each class's score, (class,)."""
        names = _FEATURES[group[0]](*group[1:])
        found = [self.weights[name] for name in names if name in self.weights]
        total: np.ndarray = sum(found[1:], found[0]) if found else self.nothing
        return total


def _groups(word: str, context: list[str], before2: str, before: str) -> list[tuple[str, ...]]:
    """The groups of features of one word, the third of its five words of context."""
    left2, left, own, right, right2 = context
    return [
        ("word", word, own),
        ("left", left),
        ("left2", left2),
        ("right", right),
        ("right2", right2),
        ("tags", before2, before),
        ("tag and word", before, own),
    ]


# Group -> the features that go together, by the names that they have in NLTK's data
_FEATURES: dict[str, Callable[..., list[str]]] = {
    "word": lambda word, own: [
        "bias",
        f"i suffix {word[-3:]}",
        f"i pref1 {word[:1]}",
        f"i word {own}",
    ],
    "left": lambda word: [f"i-1 word {word}", f"i-1 suffix {word[-3:]}"],
    "left2": lambda word: [f"i-2 word {word}"],
    "right": lambda word: [f"i+1 word {word}", f"i+1 suffix {word[-3:]}"],
    "right2": lambda word: [f"i+2 word {word}"],
    "tags": lambda before2, before: [
        f"i-1 tag {before}",
        f"i-2 tag {before2}",
        f"i tag+i-2 tag {before} {before2}",
    ],
    "tag and word": lambda before, own: [f"i-1 tag+i word {before} {own}"],
}


def _check_features(tagger: Any) -> None:
    """Refuse an NLTK whose tagger looks at other features than those above."""
    context = ["ante2", "ante1", "wordy", "post1", "post2"]
    theirs = tagger._get_features(0, "Wordy", context, "TAG1", "TAG2")
    ours = [
        name
        for group, *parts in _groups("Wordy", context, "TAG2", "TAG1")
        for name in _FEATURES[group](*parts)
    ]
    if sorted(theirs) != sorted(ours):
        raise RuntimeError(f"this NLTK's tagger has other features: {sorted(theirs)}")


def lexicon_tagger(entries: Iterable[tuple[str, str]]) -> Tagger:
    """A tagger that looks a word up; the first tag counts, and other words are foreign words.

    Args:
        entries: words with their tags in the Penn Treebank.
    """
    tags: dict[str, str] = {}
    for word, tag in entries:
        tags.setdefault(word, tag)
    # nlpaug's PPDB leaves a foreign word alone.
    return lambda words: [(word, tags.get(word, "FW")) for word in words]
