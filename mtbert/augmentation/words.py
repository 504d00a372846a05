"""nlpaug's dictionary with a memory, and with the guards between it and nlpaug."""

import string
from collections import Counter
from dataclasses import dataclass
from typing import Any

from mtbert.augmentation.guards import Reason, WordGuards
from mtbert.augmentation.tagging import Tagger

# nlpaug leaves every word with this tag, a determiner's, alone.
LEFT_ALONE = "DT"


@dataclass(frozen=True)
class Facts:
    """What is known of a text's words, whatever is drawn."""

    replaceable: int  # words that something could take the place of
    kept: Counter[Reason]  # words that something could have replaced but for a filter or guard
    refused: Counter[Reason]  # candidates of the other words


class Words:
    """Stands in for the dictionary of an nlpaug augmenter: `pos_tag` and `predict` are its calls.

    Tags are remembered by text and candidates by word and part of speech; both depend on nothing
    else. With all filters and guards off they are what nlpaug finds itself.
    """

    def __init__(self, dictionary: Any, tagger: Tagger, guards: WordGuards) -> None:
        """Wrap a dictionary.

        Args:
            dictionary: nlpaug's, with its `predict`.
            tagger: for the tags that decide where to look a word up.
            guards: the filters and guards of one task.
        """
        self.dictionary = dictionary
        self.tagger = tagger
        self.guards = guards
        self.tags: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        self.masked: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        self.texts: dict[tuple[str, ...], Facts] = {}
        self.candidates: dict[tuple[str, str | None], tuple[list[str], Counter[Reason]]] = {}
        self.judged: dict[tuple[str, str], tuple[int, Counter[Reason]]] = {}

    def pos_tag(self, tokens: list[str]) -> list[tuple[str, str]]:
        """The tags of a text's words, (word, tag) each; words that must stay seem determiners."""
        key = tuple(tokens)
        if key not in self.masked:
            stays = self.guards.stays
            self.masked[key] = [
                (pair[0], LEFT_ALONE) if stays(*pair) else pair for pair in self._tagged(key)
            ]
        return self.masked[key]

    def predict(self, word: str, pos: str | None = None) -> list[str]:
        """What may take a word's place, in the dictionary's order."""
        known = self.candidates.get((word, pos))
        return (known or self._candidates(word, pos))[0]

    def facts(self, tokens: list[str]) -> Facts:
        """What is known of a text, given its words."""
        key = tuple(tokens)
        if key not in self.texts:
            self.texts[key] = self._examine(key)
        return self.texts[key]

    def _tagged(self, tokens: tuple[str, ...]) -> list[tuple[str, str]]:
        if tokens not in self.tags:
            self.tags[tokens] = self.tagger(list(tokens))
        return self.tags[tokens]

    def _examine(self, tokens: tuple[str, ...]) -> Facts:
        replaceable = 0
        kept, refused = Counter[Reason](), Counter[Reason]()
        for word, tag in self._tagged(tokens):
            candidates, refusals = self._look_up(word, tag)
            if reason := self.guards.stays(word, tag):
                kept[reason] += bool(candidates or refusals)
            else:
                replaceable += bool(candidates)
                refused.update(refusals)
        return Facts(replaceable, +kept, refused)

    def _look_up(self, word: str, tag: str) -> tuple[int, Counter[Reason]]:
        """How many candidates a word with this tag has, and how many were refused and why."""
        key = (word, tag)
        if key not in self.judged:
            # nlpaug passes over these marks, "%" say, whatever a lexicon has for them.
            parts = [] if word in string.punctuation else self._parts(tag)
            found = [self._candidates(word, part) for part in parts]
            others = [c for names, _ in found for c in names if c.lower() != word.lower()]
            refused = sum((refusals for _, refusals in found), Counter[Reason]())
            self.judged[key] = (len(others), refused)
        return self.judged[key]

    def _parts(self, tag: str) -> list[str] | list[None]:
        """The parts of speech under which nlpaug looks a word up, given its tag."""
        from nlpaug.util import PartOfSpeech

        if tag == LEFT_ALONE:
            return []
        known: list[str] = PartOfSpeech.constituent2pos(tag)
        # Where the tag has none, all at once in WordNet and none in PPDB.
        return known or ([None] if self.guards.settings.source == "wordnet" else [])

    def _candidates(self, word: str, pos: str | None) -> tuple[list[str], Counter[Reason]]:
        """What may take a word's place, and how many candidates were refused and why."""
        key = (word, pos)
        if key not in self.candidates:
            names, refused = [], Counter[Reason]()
            for name in self.dictionary.predict(word, pos):
                # nlpaug itself leaves the word out.
                same = name.lower() == word.lower()
                if not same and (reason := self.guards.refuses(word, name)):
                    refused[reason] += 1
                else:
                    names.append(name)
            self.candidates[key] = (names, refused)
        return self.candidates[key]
