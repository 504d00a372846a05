"""Words that carry sentiment, from WordNet or from an opinion lexicon."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from mtbert.augmentation.nltk_data import OPINION, REMEDY, data_files
from mtbert.core.errors import InputError

# The seeds of Turney and Littman (2003), Measuring praise and criticism.
SEEDS = """
    good nice excellent positive fortunate correct superior
    bad nasty poor negative unfortunate wrong inferior
""".split()  # noqa: SIM905 - two poles, a line each
STEPS = 2  # from a seed; three reach half of all adjectives
# WordNet's files of nouns and verbs about feelings
FEELINGS = ("noun.feeling", "verb.emotion")


@cache
def wordnet_sentiment(reader: Any) -> Callable[[str], bool]:
    """Return a test for words, in any form, with a sentiment sense in WordNet.

    These are the nouns and verbs of WordNet's files on feelings and the adjectives derived from
    them, with those of a similar meaning; the adjectives at most `STEPS` steps from a seed, where
    a step leads to a similar meaning, to one that WordNet says to see also, or to an antonym
    (Kamps et al. 2004 walk over synonyms alone); and the nouns, verbs and adverbs derived from
    these. Recall matters more than precision: some of these words are neutral in most texts.
    """
    feelings = {s for part in "nv" for s in reader.all_synsets(part) if s.lexname() in FEELINGS}
    derived = {other.synset() for s in feelings for other in _derived(s)}
    adjectives = {synset for synset in derived if synset.pos() in "as"}
    reached = feelings | adjectives | {s for synset in adjectives for s in synset.similar_tos()}
    edge = {s for seed in SEEDS for s in reader.synsets(seed, pos="a")}
    for _ in range(STEPS):
        reached |= edge
        edge = {near for synset in edge for near in _near(synset)} - reached
    reached |= edge
    lemmas = [lemma for synset in reached for lemma in (*synset.lemmas(), *_derived(synset))]
    # Adverbs point to their adjectives, adjectives not to their adverbs.
    adverbs = (lemma for synset in reader.all_synsets("r") for lemma in synset.lemmas())
    lemmas += [a for a in adverbs if any(o.synset() in reached for o in a.pertainyms())]
    words = {lemma.name().lower() for lemma in lemmas}
    return cache(
        lambda word: not words.isdisjoint({word, *(reader.morphy(word, part) for part in "nvar")})
    )


def _derived(synset: Any) -> list[Any]:
    return [o for lemma in synset.lemmas() for o in lemma.derivationally_related_forms()]


def _near(synset: Any) -> set[Any]:
    opposites = {other.synset() for lemma in synset.lemmas() for other in lemma.antonyms()}
    return {*synset.similar_tos(), *synset.also_sees(), *opposites}


def listed_sentiment(lexicons: Path, *, where: str) -> Callable[[str], bool]:
    """Return a test for words of the opinion lexicon.

    Each file in the folder `opinion`, except hidden ones, has a word a line, and comments after a
    semicolon (the format of Hu and Liu's lists).

    Raises:
        InputError: there is no file, no word in them, or a line that is not one word.
    """
    words: set[str] = set()
    for path in data_files(lexicons / OPINION):
        # The lists in use are Latin-1 or UTF-8; the words that matter are ASCII.
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            word = line.partition(";")[0].strip().lower()
            # Unprintable characters mean a binary file or another encoding.
            if len(word.split()) > 1 or not word.isprintable():
                raise InputError(
                    f"{path}: line {number}: expected one word, in UTF-8 and without a label or a "
                    f"score, and comments after a semicolon; found {line[:60]!r}; correct the list "
                    "that lexicons.opinion_words names, and run `dvc repro`"
                )
            if word:
                words.add(word)
    if not words:
        raise InputError(
            f"{where}: needs opinion words, and {lexicons} has no file in {OPINION} with a word a "
            "line; name such a file in lexicons.opinion_words and run `dvc repro`, or "
            f"{REMEDY}"
        )
    return lambda word: word.lower() in words
