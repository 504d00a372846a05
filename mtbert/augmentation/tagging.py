"""Parts of speech: NLTK's perceptron tagger, or a lexicon's own."""

from collections.abc import Callable, Iterable

# Words -> (word, tag) each, as `nltk.pos_tag` gives them
Tagger = Callable[[list[str]], list[tuple[str, str]]]


def perceptron_tagger() -> Tagger:
    """The tagger behind `nltk.pos_tag`, loaded once; its data lie in the folder that is in use."""
    from nltk.tag.perceptron import PerceptronTagger

    tagger: Tagger = PerceptronTagger().tag
    return tagger


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
