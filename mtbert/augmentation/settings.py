"""Section `augment` of the params file: sets of new training rows, each with its own settings."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from mtbert.core.errors import InputError, choices
from mtbert.core.params import Settings, read_section
from mtbert.core.seeds import MAX_SEED
from mtbert.core.tasks import Task

# What a word may be -> its tags in the Penn Treebank; `other` is all the rest.
TAGS = {
    "noun": ("NN", "NNS"),
    "proper_noun": ("NNP", "NNPS"),
    "verb": ("VB", "VBD", "VBG", "VBN", "VBP", "VBZ"),
    "adjective": ("JJ", "JJR", "JJS"),
    "adverb": ("RB", "RBR", "RBS"),
}
PartOfSpeech = Literal["noun", "proper_noun", "verb", "adjective", "adverb", "other"]
Source = Literal["wordnet", "ppdb"]
Side = Literal["text_a", "text_b"]
SIDES: dict[str, tuple[Side, ...]] = {
    "first": ("text_a",),
    "second": ("text_b",),
    "both": ("text_a", "text_b"),
}

MOST_COPIES = 20  # of a row, towards a target size


class Guards(Settings):
    """What must not happen to a text; each one that is on is counted."""

    # Words that carry sentiment stay, and none comes in: derived from WordNet, or opinion words
    sentiment: Literal["none", "wordnet", "opinion_words"] = "none"
    antonyms: bool = True  # no word becomes its opposite
    numbers: bool = True  # no number is replaced, and none comes in
    negations: bool = True  # the same of negations
    duplicates: bool = True  # no new row equals its source or another row of the task
    held_out: bool = True  # no new text equals a dev or test text of any task


class TaskAugmentation(Settings):
    """How one task's train split grows."""

    source: Source
    rows: PositiveInt | None = None  # the train split's size afterwards
    copies: PositiveInt | None = None  # or: new rows for each row
    share: Annotated[float, Field(gt=0, le=1)] = 0.3  # of a text's words, rounded up
    min_words: Annotated[int, Field(ge=0)] = 1  # replaced in a text, if it has so many
    max_words: PositiveInt | None = 10
    parts_of_speech: Literal["all"] | Annotated[tuple[PartOfSpeech, ...], Field(min_length=1)] = (
        "all"
    )
    stop_words: Literal["english", "none"] = "english"  # words that stay
    sides: Literal["first", "second", "both"] = "both"  # of a pair
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 1
    guards: Guards = Guards()

    @model_validator(mode="after")
    def _one_size(self) -> "TaskAugmentation":
        if (self.rows is None) == (self.copies is None):
            raise ValueError(
                "give either rows (the size of the train split afterwards) or copies (new rows "
                f"for each row), found rows {self.rows} and copies {self.copies}"
            )
        if self.max_words is not None and self.max_words < self.min_words:
            raise ValueError(
                f"max_words must not be below min_words, found {self.max_words} and "
                f"{self.min_words}"
            )
        return self

    @property
    def needs_wordnet(self) -> bool:
        """Whether the rows cannot be made without WordNet."""
        return self.source == "wordnet" or self.guards.sentiment == "wordnet"


Grown = Annotated[dict[str, TaskAugmentation], Field(min_length=1)]


class Augment(Settings):
    """Section `augment`."""

    # What tells a word's part of speech: nlpaug's own, the perceptron of NLTK's data; or the
    # PPDB file itself, for a lexicon that knows all words that matter
    tagger: Literal["perceptron", "lexicon"]
    # The PPDB file in the lexicons' folder; may be left out where there is one alone
    ppdb: Annotated[str, Field(min_length=1)] | None = None
    max_bad_share: Annotated[float, Field(ge=0, lt=1)]  # of the lines of the PPDB file
    # Name of a set -> task -> how its train split grows
    sets: Annotated[dict[str, Grown], Field(min_length=1)]


def needs(augment: Augment) -> Iterator[tuple[str, str]]:
    """Which lexicon a setting asks for: its place below section `augment`, and the lexicon's kind.

    The kinds are `wordnet`, `tagger`, `ppdb` and `opinion_words`.
    """
    if augment.tagger == "perceptron":
        yield "tagger", "tagger"
    for name, grown in augment.sets.items():
        for task, settings in grown.items():
            place = f"sets.{name}.{task}"
            yield f"{place}.source", settings.source
            if settings.guards.sentiment != "none":
                yield f"{place}.guards.sentiment", settings.guards.sentiment


def read_augment(params: Path, tasks: Mapping[str, Task]) -> Augment:
    """Read section `augment` and hold it against the tasks.

    Raises:
        InputError: it does not fit, names a set that no folder can be called, a task that does not
            exist, or a side of a single text.
    """
    augment = read_section(params, "augment", Augment)
    for name, grown in augment.sets.items():
        where = f"{params}: augment.sets"
        # `none` is what a strategy without further rows says; others name folders.
        if name == "none" or not name.replace("_", "").isalnum():
            raise InputError(
                f"{where}: a set's name has letters, digits and _ only and is not none, "
                f"found {name!r}"
            )
        for task, settings in grown.items():
            _check_task(settings, augment.tagger, task, tasks, f"{where}.{name}")
    return augment


def _check_task(
    settings: TaskAugmentation, tagger: str, name: str, tasks: Mapping[str, Task], where: str
) -> None:
    """Refuse what does not fit a set's task."""
    if name not in tasks:
        raise InputError(f"{where}: {choices('task', name, tasks)}")
    if settings.sides == "second" and not tasks[name].paired:
        raise InputError(f"{where}.{name}.sides: the task is on single texts, found 'second'")
    if tagger == "lexicon" and settings.source == "wordnet":
        raise InputError(
            f"{where}.{name}.source: WordNet's words need the tagger that nlpaug uses; set "
            "augment.tagger to perceptron, found 'lexicon'"
        )


def check_target(settings: TaskAugmentation, rows: int, *, where: str) -> None:
    """Refuse a target below what is there already, or out of reach.

    Args:
        settings: of one task.
        rows: of its train split.
        where: the task's place in the params file.

    Raises:
        InputError: the target is smaller than the split, or asks for too many copies of its rows.
    """
    most = rows * (1 + MOST_COPIES)
    if settings.rows is not None and not rows <= settings.rows <= most:
        raise InputError(
            f"{where}.rows: the train split has {rows:,} rows, none of which is taken away or "
            f"copied more than {MOST_COPIES} times; expected {rows:,} to {most:,}, found "
            f"{settings.rows:,}"
        )
