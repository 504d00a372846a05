"""Words that carry sentiment: from a list, or derived from WordNet."""

from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from mtbert.augmentation.nltk_data import OPINION, REMEDY
from mtbert.core.errors import InputError

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
    return cache(
        lambda word: any(
            form in words for part in PARTS for form in (reader.morphy(word, part), word)
        )
    )


def _derived(synset: Any) -> list[Any]:
    return [o for lemma in synset.lemmas() for o in lemma.derivationally_related_forms()]


def _near(synset: Any) -> set[Any]:
    opposites = {other.synset() for lemma in synset.lemmas() for other in lemma.antonyms()}
    return {*synset.similar_tos(), *synset.also_sees(), *opposites}


def from_lists(lexicons: Path, *, where: str) -> Callable[[str], bool]:
    """Tell the words of the user's opinion lexicon.

    Args:
        lexicons: the folder of lexicons; each file under `opinion` in it, unless it is hidden, has
            a word a line, and comments behind a semicolon (the format of Hu and Liu's lists).
        where: the setting that asks for it.

    Raises:
        InputError: there is no file, no word in them, or a line that is not one word.
    """
    paths = sorted((lexicons / OPINION).glob("[!.]*"))
    words = {word for path in paths if path.is_file() for word in _words(path)}
    if not words:
        raise InputError(
            f"{where}: needs opinion words, and {lexicons} has no file in {OPINION} with a word a "
            "line; name such a file in lexicons.opinion_words and run `dvc repro`, or "
            f"{REMEDY}"
        )
    return lambda word: word.lower() in words


def _words(path: Path) -> Iterator[str]:
    """The words of one list, in lower case."""
    # The lists in use are Latin-1 or UTF-8; every word that matters is the same in both.
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition(";")[0].strip().lower()
        # What cannot be printed comes from files that are no text, or in another encoding.
        if len(word.split()) > 1 or not word.isprintable():
            raise InputError(
                f"{path}: line {number}: expected one word, in UTF-8 and without a label or a "
                f"score, and comments behind a semicolon; found {line[:60]!r}; mend the list that "
                "lexicons.opinion_words names, and run `dvc repro`"
            )
        if word:
            yield word


def stop_words(name: str) -> Collection[str]:
    """The words that stay by that setting: English function words, or none."""
    return ENGLISH if name == "english" else frozenset()


# Words that hold a sentence together; WordNet takes several for rare nouns ("as": arsenic).
ENGLISH = frozenset(
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
