"""Draw new texts with nlpaug's SynonymAug; each row has its own seed."""

import random
import string
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from nlpaug.augmenter.word import SynonymAug
from nlpaug.util import PartOfSpeech

from mtbert.augmentation.guards import Reason, WordGuards
from mtbert.augmentation.nltk_data import Tagger, wordnet
from mtbert.augmentation.ppdb import WordPairs
from mtbert.augmentation.settings import TaskAugmentation

# nlpaug never replaces a word with this tag, a determiner's.
NEVER_REPLACED = "DT"
Tags = list[tuple[str, str]]  # a text's words with their tags


class Change(NamedTuple):
    """One word that was replaced."""

    position: int  # in words of the source text, from 0
    before: str
    after: str  # may be several words


class Draw(NamedTuple):
    """A new text, and counts for its source that do not depend on the draw."""

    text: str
    changes: tuple[Change, ...]
    replaceable: bool  # whether the source has a word with a candidate
    kept: Counter[Reason]  # words with candidates that a filter or guard keeps
    refused: Counter[Reason]  # candidates of the other words


class Replacer:
    """Draws new texts for one task.

    For nlpaug it is the dictionary, with guards in `pos_tag` and `predict`. Tags are cached by text
    and candidates by word and part of speech; both depend on nothing else. With all filters and
    guards off they are nlpaug's own.
    """

    def __init__(
        self,
        settings: TaskAugmentation,
        *,
        tagger: Tagger,
        guards: WordGuards,
        ppdb: WordPairs | None,
    ) -> None:
        self.settings, self.guards = settings, guards
        with TemporaryDirectory() as work:
            path = Path(work, "ppdb.txt")
            if settings.source == "ppdb" and ppdb:
                lines = (" ||| ".join(pair) + "\n" for pair in ppdb.pairs)
                path.write_text("".join(lines), encoding="utf-8")
            self.augmenter = synonym_augmenter(settings, path)
        self.dictionary = self.augmenter.model
        self.augmenter.model = self
        # nlpaug joins the new words into a text; before that, they have their positions.
        self.augmenter.reverse_tokenizer = self._join
        self.joined: list[str] = []
        self.tags: Callable[[tuple[str, ...]], Tags] = cache(lambda tokens: tagger([*tokens]))
        self.masked = cache(self._masked)
        self.counts = cache(self._counts)
        self.candidates = cache(self._candidates)

    def draw(self, texts: Sequence[str], seed: int) -> tuple[Draw, ...]:
        """Draw a new text for each text of one row.

        Args:
            texts: the second one's draws continue the random stream of the first one's.
            seed: of Python's `random`, which nlpaug draws from; the caller restores its state.
        """
        random.seed(seed)
        return tuple(map(self._draw, texts))

    def pos_tag(self, tokens: list[str]) -> Tags:
        """A text's (word, tag) pairs; words that must stay are tagged as determiners."""
        return self.masked(tuple(tokens))

    def predict(self, word: str, pos: str | None = None) -> list[str]:
        """A word's candidates, in the dictionary's order."""
        return self.candidates(word, pos)[0]

    def _masked(self, tokens: tuple[str, ...]) -> Tags:
        stays = self.guards.stays
        return [(w, NEVER_REPLACED if stays(w, tag) else tag) for w, tag in self.tags(tokens)]

    def _counts(self, tokens: tuple[str, ...]) -> tuple[bool, Counter[Reason], Counter[Reason]]:
        """The last three fields of a text's `Draw`."""
        replaceable = False
        kept, refused = Counter[Reason](), Counter[Reason]()
        for word, tag in self.tags(tokens):
            candidates, refusals = self._look_up(word, tag)
            if reason := self.guards.stays(word, tag):
                kept[reason] += bool(candidates or refusals)
            else:
                replaceable |= candidates > 0
                refused.update(refusals)
        return replaceable, +kept, refused

    def _look_up(self, word: str, tag: str) -> tuple[int, Counter[Reason]]:
        """Count the candidates of a word with this tag, and those refused, by reason."""
        # nlpaug skips punctuation, "%" say, even if a lexicon has it.
        if tag == NEVER_REPLACED or word in string.punctuation:
            return 0, Counter()
        parts: list[str] | list[None] = PartOfSpeech.constituent2pos(tag)
        # A tag without a part of speech matches all of WordNet's and none of PPDB's.
        if not parts and self.settings.source == "wordnet":
            parts = [None]
        results = [self.candidates(word, part) for part in parts]
        others = [c for names, _ in results for c in names if c.lower() != word.lower()]
        return len(others), sum((refused for _, refused in results), Counter[Reason]())

    def _candidates(self, word: str, pos: str | None) -> tuple[list[str], Counter[Reason]]:
        """The candidates that pass the guards, and counts of the others by reason."""
        names, refused = [], Counter[Reason]()
        for name in self.dictionary.predict(word, pos):
            # nlpaug itself drops the word.
            same = name.lower() == word.lower()
            if not same and (reason := self.guards.refuses(word, name)):
                refused[reason] += 1
            else:
                names.append(name)
        return names, refused

    def _draw(self, text: str) -> Draw:
        self.joined = source = text.split()
        # nlpaug returns an empty list for an empty text.
        new = self.augmenter.augment(text) or [text]
        changes = tuple(
            Change(position, before, after)
            for position, (before, after) in enumerate(zip(source, self.joined, strict=True))
            if before != after
        )
        return Draw(new[0], changes, *self.counts(tuple(source)))

    def _join(self, words: list[str]) -> str:
        self.joined = words
        return " ".join(words)


def synonym_augmenter(settings: TaskAugmentation, ppdb: Path) -> Any:
    """An nlpaug augmenter with a task's settings; the PPDB file is read if it is the source."""
    if settings.source == "wordnet":
        wordnet()  # so that forked processes do not share its open files
    return SynonymAug(
        aug_src=settings.source,
        model_path=str(ppdb),
        aug_p=settings.share,
        aug_min=settings.min_words,
        aug_max=settings.max_words,
        tokenizer=str.split,
        reverse_tokenizer=" ".join,
        # Without it nlpaug takes a file for the last one that it read under the same name.
        force_reload=True,
    )


def draw_seed(*parts: object) -> int:
    """A 63-bit seed from all that a draw depends on."""
    digest = blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
