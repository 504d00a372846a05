"""Words that carry sentiment: from a list, or derived from WordNet."""

import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from mtbert.augmentation.nltk_data import OPINION, REMEDY
from mtbert.errors import InputError

# The seeds of Turney and Littman (2003), Measuring praise and criticism.
SEEDS = """
    good nice excellent positive fortunate correct superior
    bad nasty poor negative unfortunate wrong inferior
""".split()  # noqa: SIM905 - two poles, a line each
STEPS = 2  # from a seed; with three, half of all adjectives are reached
# WordNet's own files of nouns and verbs about feelings
FEELINGS = ("noun.feeling", "verb.emotion")
PARTS = "nvar"


def from_wordnet(reader: Any) -> Callable[[str], bool]:
    """Tell words with a meaning that carries sentiment, by WordNet's graph.

    These are the nouns and verbs of WordNet's files on feelings and the adjectives derived from
    them, with those of a similar meaning; the adjectives at most `STEPS` steps from a seed, where
    a step leads to a similar meaning, to one that WordNet says to see also, or to an antonym
    (Kamps et al. 2004 walk over synonyms alone); and the nouns, verbs and adverbs derived from
    these. It means to miss few: some words that it tells are neutral in most texts.

    Args:
        reader: NLTK's.

    Returns:
        Whether a word, in any form, is one.
    """
    feelings = {s for part in "nv" for s in reader.all_synsets(part) if s.lexname() in FEELINGS}
    derived = {other.synset() for s in feelings for other in _derived(s)}
    adjectives = {synset for synset in derived if synset.pos() in "as"}
    found = feelings | adjectives | {s for synset in adjectives for s in synset.similar_tos()}
    edge = {s for seed in SEEDS for s in reader.synsets(seed, pos="a")}
    for _ in range(STEPS):
        found |= edge
        edge = {near for synset in edge for near in _near(synset)} - found
    found |= edge
    lemmas = [lemma for synset in found for lemma in (*synset.lemmas(), *_derived(synset))]
    # Adverbs point to the adjective that they are made of, it does not point to them.
    adverbs = (lemma for synset in reader.all_synsets("r") for lemma in synset.lemmas())
    lemmas += [a for a in adverbs if any(o.synset() in found for o in a.pertainyms())]
    words = {lemma.name().lower() for lemma in lemmas}
    return lambda word: any(
        form in words for part in PARTS for form in (reader.morphy(word, part), word)
    )


def _derived(synset: Any) -> list[Any]:
    return [o for lemma in synset.lemmas() for o in lemma.derivationally_related_forms()]


def _near(synset: Any) -> set[Any]:
    opposites = {other.synset() for lemma in synset.lemmas() for other in lemma.antonyms()}
    return {*synset.similar_tos(), *synset.also_sees(), *opposites}


def from_lists(lexicons: Path, *, where: str) -> Callable[[str], bool]:
    """Tell the words of the user's opinion lexicon.

    Args:
        lexicons: the folder of lexicons; each file under `opinion` in it has a word a line, and
            comments behind a semicolon (the format of Hu and Liu's lists).
        where: the setting that asks for it.

    Raises:
        InputError: there is no file, or no word in them.
    """
    words = {
        word
        for path in sorted((lexicons / OPINION).glob("*.txt"))
        for line in _text(path).splitlines()
        if (word := line.partition(";")[0].strip().lower())
    }
    if not words:
        raise InputError(
            f"{where}: needs opinion words, and {lexicons} has no {OPINION}/*.txt with a word a "
            f"line; name such a file in lexicons.opinion_words and run `dvc repro`, or {REMEDY}"
        )
    return lambda word: word.lower() in words


def _text(path: Path) -> str:
    """The lists in use are Latin-1 or UTF-8; every word that matters is the same in both."""
    return re.sub(r"\r\n?", "\n", path.read_bytes().decode("utf-8", errors="replace"))


def stop_words(name: str) -> Collection[str]:
    """The words that stay by that setting: English function words, or none."""
    return ENGLISH if name == "english" else frozenset()


# Words that hold a sentence together; WordNet takes several for rare nouns ("as": arsenic).
ENGLISH = frozenset(
    """
    a about above after again against all am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further had
    has have having he her here hers herself him himself his how i if in into is it its itself just
    may me might more most must my myself of off on once only or other ought our ours ourselves out
    over own same shall she should so some such than that the their theirs them themselves then
    there these they this those through to too under until up very was we were what when where
    which while who whom whose why will with would you your yours yourself yourselves
    's 'm 're 've 'd 'll -lrb- -rrb-
    """.split()  # noqa: SIM905 - a list would take a line for each
)
