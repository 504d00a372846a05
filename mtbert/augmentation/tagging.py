"""Parts of speech: NLTK's perceptron tagger with quick sums, or a lexicon's own."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from mtbert.augmentation.nltk_data import quick_imports

# Words -> (word, tag) each, as `nltk.pos_tag` gives them
Tagger = Callable[[list[str]], list[tuple[str, str]]]

# Two classes closer than this may change places with the order in which weights are added.
CLOSE = 1e-6


def perceptron_tagger() -> Tagger:
    """The tagger behind `nltk.pos_tag`, loaded once, with the same tags in less than half the time.

    NLTK finds its data in the folder that is in use.
    """
    with quick_imports():
        from nltk.tag.perceptron import PerceptronTagger

    tagger = PerceptronTagger()
    tagger.model = QuickSums(tagger.model)
    tag: Tagger = tagger.tag
    return tag


class QuickSums:
    """Stands in for a tagger's perceptron: adds the rows of a matrix instead of dicts of weights.

    Where two classes come close the perceptron itself decides, so that its tags are kept.
    """

    def __init__(self, perceptron: Any) -> None:
        self.perceptron = perceptron
        # Equal scores go to the class that comes last in the alphabet, and argmax takes the first.
        self.classes = sorted(perceptron.classes, reverse=True)
        columns = {name: column for column, name in enumerate(self.classes)}
        self.rows = {feature: row for row, feature in enumerate(perceptron.weights)}
        self.weights = np.zeros((len(self.rows), len(self.classes)))  # (feature, class)
        for row, weights in enumerate(perceptron.weights.values()):
            for name, weight in weights.items():
                self.weights[row, columns[name]] = weight

    def predict(self, features: dict[str, int], return_conf: bool = False) -> tuple[str, None]:
        """The class of a word by its features, each of which counts once, and no confidence."""
        rows = self.rows
        scores = self.weights[[rows[feature] for feature in features if feature in rows]].sum(0)
        best = scores.argmax()
        if np.count_nonzero(scores > scores[best] - CLOSE) > 1:
            name: str = self.perceptron.predict(features)[0]
            return name, None
        return self.classes[best], None


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
