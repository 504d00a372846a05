"""Draw new texts with nlpaug's SynonymAug: the same draws and results, each text's own seed."""

import random
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from mtbert.augmentation.guards import Reason, WordGuards
from mtbert.augmentation.nltk_data import wordnet
from mtbert.augmentation.settings import TaskAugmentation
from mtbert.augmentation.tagging import Tagger
from mtbert.augmentation.words import Words

# Draws go from process to process, and what stands in many of them goes once.
NOTHING: Counter[Reason] = Counter()


class Change(NamedTuple):
    """One word that was replaced."""

    position: int  # in words of the source text, 0 first
    before: str
    after: str  # may be several words


class Draw(NamedTuple):
    """A new text, and what came of drawing it."""

    text: str
    changes: tuple[Change, ...]
    replaceable: bool  # whether the source has a word that something could take the place of
    kept: Counter[Reason]
    refused: Counter[Reason]


class Replacer:
    """Draws new texts for one task."""

    def __init__(
        self,
        settings: TaskAugmentation,
        *,
        tagger: Tagger,
        guards: WordGuards,
        ppdb: Path | None = None,
    ) -> None:
        """Set nlpaug up.

        Args:
            settings: the task's.
            tagger: for parts of speech.
            guards: its filters and guards on words.
            ppdb: a file that nlpaug can read, where the source is ppdb.
        """
        augmenter = synonym_augmenter(settings, ppdb)
        # nlpaug joins a text anew from its words; before that, they still have their positions.
        augmenter.reverse_tokenizer = self._join
        self.words = Words(augmenter.model, tagger, guards)
        augmenter.model = self.words
        self.augmenter = augmenter
        self.joined: list[str] = []

    def draw(self, texts: Sequence[str], seed: int) -> list[Draw]:
        """Draw a new text for each text of one example.

        Args:
            texts: of one example; the second one's draws go on where those of the first one ended.
            seed: of Python's `random`, which nlpaug draws from; the caller restores its state.
        """
        random.seed(seed)
        return [self._draw(text) for text in texts]

    def _draw(self, text: str) -> Draw:
        source = text.split()
        self.joined = source
        results = self.augmenter.augment(text)
        # Of an empty text nlpaug makes none.
        new = results[0] if results else text
        changes = tuple(
            Change(position, before, after)
            for position, (before, after) in enumerate(zip(source, self.joined, strict=True))
            if before != after
        )
        if changes and not self.words.guards.active:
            return Draw(new, changes, True, NOTHING, NOTHING)
        facts = self.words.facts(source)
        return Draw(new, changes, facts.replaceable > 0, facts.kept, facts.refused)

    def _join(self, words: list[str]) -> str:
        self.joined = words
        return " ".join(words)


def synonym_augmenter(settings: TaskAugmentation, ppdb: Path | None = None) -> Any:
    """Nlpaug's own augmenter with a task's settings, for texts whose words stand apart."""
    from nlpaug.augmenter.word import SynonymAug

    if settings.source == "wordnet":
        wordnet()  # nlpaug reads it by NLTK; a forked process must not share its open files

    return SynonymAug(
        aug_src=settings.source,
        model_path=None if ppdb is None else str(ppdb),
        aug_p=settings.share,
        aug_min=settings.min_words,
        aug_max=settings.max_words,
        tokenizer=str.split,
        reverse_tokenizer=" ".join,
        # It would take a file of the same name for the one it read before.
        force_reload=True,
    )


def draw_seed(*parts: object) -> int:
    """A seed of 63 bits from what a draw depends on."""
    digest = blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
