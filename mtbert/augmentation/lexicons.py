"""Load the lexicons, the tagger and the guards that one set needs."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mtbert.augmentation.guards import Opposite, WordGuards, wordnet_opposites
from mtbert.augmentation.mwa import read_mwa
from mtbert.augmentation.nltk_data import TAGGER, WORDNET, Tagger, require, use_folder, wordnet
from mtbert.augmentation.ppdb import WordPairs, find_ppdb, read_ppdb
from mtbert.augmentation.sentiment import listed_sentiment, wordnet_sentiment
from mtbert.augmentation.settings import Augment, TaskAugmentation, required_lexicons
from mtbert.core.errors import InputError


@dataclass(frozen=True)
class LexicalResources:
    """What one set's words are replaced with, and how."""

    ppdb: WordPairs | None  # None if no task draws from it
    tagger: Tagger
    guards: dict[str, WordGuards]  # by task


def load_resources(
    folder: Path, augment: Augment, name: str, vocabulary: Collection[str], *, where: str
) -> LexicalResources:
    """Load what a set needs from the folder of lexicons, once all its parts are there.

    Raises:
        InputError: a lexicon is missing or cannot be used.
    """
    path, pairs = None, None
    for setting, kind in required_lexicons(augment, name):
        if kind == "ppdb":
            path = find_ppdb(folder, augment.ppdb, where=f"{where}.{setting}")
        elif kind != "opinion_words":
            part = WORDNET if kind == "wordnet" else TAGGER
            require(folder, part, where=f"{where}.{setting}")
    use_folder(folder)
    if path is not None:
        pairs = read_mwa(path, wordnet(), vocabulary) if path.is_dir() else read_ppdb(path)
        pairs.check(augment.max_bad_share, f"{where}.max_bad_share")
    guards = {
        task: _word_guards(folder, settings, pairs, where=f"{where}.sets.{name}.{task}.guards")
        for task, settings in augment.sets[name].items()
    }
    if augment.tagger == "lexicon" and pairs:
        return LexicalResources(pairs, pairs.tagger(), guards)
    # The tagger behind `nltk.pos_tag`
    from nltk.tag.perceptron import PerceptronTagger

    return LexicalResources(pairs, PerceptronTagger().tag, guards)


def _word_guards(
    folder: Path, settings: TaskAugmentation, pairs: WordPairs | None, *, where: str
) -> WordGuards:
    sentiment = None
    if settings.guards.sentiment == "wordnet":
        sentiment = wordnet_sentiment(wordnet())
    elif settings.guards.sentiment == "opinion_words":
        sentiment = listed_sentiment(folder, where=f"{where}.sentiment")
    tests: list[Opposite] = []
    if settings.guards.antonyms:
        if settings.source == "ppdb" and pairs and pairs.labelled:
            tests.append(lambda word, other: (word, other) in pairs.exclusions)
        if (folder / WORDNET).is_dir():
            require(folder, WORDNET, where=f"{where}.antonyms")
            tests.append(wordnet_opposites(wordnet()))
        if not tests:
            raise InputError(
                f"{where}.antonyms: no lexicon of antonyms: {folder} has no {WORDNET}, and "
                f"{pairs and pairs.file} has no entailment labels in its 6th field; add one, or "
                "turn the guard off"
            )
    return WordGuards(settings, sentiment=sentiment, opposites=tests)
