"""All that replacing needs, from the folder of lexicons; a part is loaded once it is used."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mtbert.augmentation.guards import NO_SENTIMENT, Opposite, WordGuards, WordNetOpposites
from mtbert.augmentation.mwa import read_mwa
from mtbert.augmentation.nltk_data import MWA, TAGGER, WORDNET, need, use_folder, wordnet
from mtbert.augmentation.ppdb import Pairs, find_ppdb, lexicon_opposite, read_ppdb
from mtbert.augmentation.replacing import Replacer
from mtbert.augmentation.sentiment import from_lists, from_wordnet, stop_words
from mtbert.augmentation.settings import Augment, TaskAugmentation
from mtbert.augmentation.tagging import Tagger, lexicon_tagger, perceptron_tagger
from mtbert.core.errors import InputError


@dataclass(frozen=True)
class Lexicons:
    """The lexicons of one run of the stage."""

    folder: Path
    settings: Augment
    chosen: str  # the set that is made
    vocabulary: Collection[str]  # the words of the texts that grow
    where: str  # the section in its file, as in `params.yaml: augment`

    @property
    def tasks(self) -> Mapping[str, TaskAugmentation]:
        """How the set's tasks grow."""
        return self.settings.sets[self.chosen]

    def place(self, task: str) -> str:
        """Where a task's settings stand, as an error tells it."""
        return f"{self.where}.sets.{self.chosen}.{task}"

    def check(self) -> None:
        """Make sure that every part that a task asks for is there, before any is loaded.

        Raises:
            InputError: one is not, with what to do.
        """
        if self.settings.tagger == "perceptron":
            need(self.folder, TAGGER, what="NLTK's tagger", where=f"{self.where}.tagger")
        for name, task in self.tasks.items():
            place = self.place(name)
            if task.source == "wordnet":
                self._need_wordnet(f"{place}.source")
            else:
                self._ppdb_path(f"{place}.source")
            if task.guards.sentiment == "wordnet":
                self._need_wordnet(f"{place}.guards.sentiment")
            if task.guards.sentiment == "opinion_words":
                from_lists(self.folder, where=f"{place}.guards.sentiment")
            if task.guards.antonyms and (self.folder / WORDNET).is_dir():
                self._need_wordnet(f"{place}.guards.antonyms")
        use_folder(self.folder)
        for name, task in self.tasks.items():
            self._opposite(name, task)

    def replacer(self, name: str, work: Path) -> Replacer:
        """Set nlpaug up for a task.

        Args:
            name: the task's.
            work: a folder for nlpaug's files.

        Raises:
            InputError: a lexicon does not fit.
        """
        task = self.tasks[name]
        ppdb = None
        if task.source == "ppdb":
            ppdb = work / "ppdb.txt"
            self.pairs.write(ppdb)
        guards = WordGuards(
            task,
            stop_words=stop_words(task.stop_words),
            sentiment=self._sentiment(name, task),
            opposite=self._opposite(name, task),
        )
        return Replacer(task, tagger=self.tagger, guards=guards, ppdb=ppdb)

    @cached_property
    def tagger(self) -> Tagger:
        """What tells parts of speech."""
        if self.settings.tagger == "perceptron":
            return perceptron_tagger()
        return lexicon_tagger(self.pairs.tags())

    @cached_property
    def pairs(self) -> Pairs:
        """The pairs of the PPDB file."""
        path = self._ppdb_path(f"{self.where}.tagger")
        limit = {
            "max_bad_share": self.settings.max_bad_share,
            "where": f"{self.where}.max_bad_share",
        }
        if path.is_dir():
            return read_mwa(path, wordnet(), self.vocabulary, **limit)  # type: ignore[arg-type]
        return read_ppdb(path, **limit)  # type: ignore[arg-type]

    @cached_property
    def _wordnet_sentiment(self) -> Callable[[str], bool]:
        return from_wordnet(wordnet())

    def _sentiment(self, name: str, task: TaskAugmentation) -> Callable[[str], bool]:
        match task.guards.sentiment:
            case "wordnet":
                return self._wordnet_sentiment
            case "opinion_words":
                return from_lists(self.folder, where=f"{self.place(name)}.guards.sentiment")
        return NO_SENTIMENT

    def _opposite(self, name: str, task: TaskAugmentation) -> Opposite | None:
        if not task.guards.antonyms:
            return None
        known = WordNetOpposites(wordnet()) if (self.folder / WORDNET).is_dir() else None
        opposite = lexicon_opposite(self.pairs if task.source == "ppdb" else None, known)
        if opposite is None:
            raise InputError(
                f"{self.place(name)}.guards.antonyms: nothing here knows opposites: "
                f"{self.folder} has no {WORDNET}, and {self.pairs.file} does not say in its 6th "
                "field how words entail each other; add one, or turn the guard off"
            )
        return opposite

    def _ppdb_path(self, where: str) -> Path:
        path = find_ppdb(self.folder, self.settings.ppdb, where=where)
        if path.name == MWA.name:
            # Its words get their parts of speech from WordNet.
            self._need_wordnet(where)
        return path

    def _need_wordnet(self, where: str) -> Any:
        return need(self.folder, WORDNET, what="WordNet", where=where)
