"""A small surface grammar: agreement, articles, capitals and treebank spacing.

Phrases are written with alternations such as ``takes/take its/their time``: the left
form goes with a singular subject, the right one with a plural subject.
"""

import re
from random import Random

_ALTERNATION = re.compile(r"([\w'-]+)/([\w'-]+)")
_ARTICLE = re.compile(r"\b([Aa])n? (?=([\w'-]+))")
_VOWEL_SOUND = re.compile(r"(?!one|use|uni|euro)[aeiou]|hour|honest|8|11\b|18\b", re.IGNORECASE)
_PUNCTUATION = re.compile(r"([,.;:!?()])")
_CLITIC = re.compile(r"(n't|'s|'ll|'ve|'re|'d|'m)\b")
_QUOTED = re.compile(r'"([^"]+)"')


def agree(text: str, plural: bool) -> str:
    """Resolves every ``singular/plural`` alternation of a phrase."""
    return _ALTERNATION.sub(lambda match: match[2 if plural else 1], text)


def with_articles(text: str) -> str:
    """Chooses between ``a`` and ``an`` by the sound of the next word."""
    return _ARTICLE.sub(
        lambda match: f"{match[1]}n " if _VOWEL_SOUND.match(match[2]) else f"{match[1]} ", text
    )


def capitalised(text: str) -> str:
    """Raises the first letter and leaves the rest alone, so that names keep their capitals."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Finishes a raw phrase as written English."""
    return with_articles(capitalised(text))


def treebank(text: str, quotes: tuple[str, str] = ("``", "''")) -> str:
    """Spaces punctuation and clitics as the SST and CFIMDB files do."""
    text = _QUOTED.sub(rf"{quotes[0]} \1 {quotes[1]}", text)
    text = _CLITIC.sub(r" \1", _PUNCTUATION.sub(r" \1 ", text))
    return " ".join(text.split())


def listed(phrases: str) -> tuple[str, ...]:
    """The members of a ``this|that`` list."""
    return tuple(phrases.split("|"))


def either(rng: Random, phrase: str) -> str:
    """Picks one of the synonyms of a ``this|that`` phrase."""
    return rng.choice(listed(phrase))
