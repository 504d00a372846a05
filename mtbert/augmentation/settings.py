"""Section `augment` of the params file: sets of new training rows, each with its own settings."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from mtbert.core.errors import InputError, choices
from mtbert.core.names import check_name
from mtbert.core.params import Settings, read_params, read_section
from mtbert.core.seeds import MAX_SEED
from mtbert.core.tasks import Task

# Part of speech -> its tags in the Penn Treebank; all others are `other`.
TAGS = {
    "noun": ("NN", "NNS"),
    "proper_noun": ("NNP", "NNPS"),
    "verb": ("VB", "VBD", "VBG", "VBN", "VBP", "VBZ"),
    "adjective": ("JJ", "JJR", "JJS"),
    "adverb": ("RB", "RBR", "RBS"),
}
PartOfSpeech = Literal["noun", "proper_noun", "verb", "adjective", "adverb", "other"]
MOST_COPIES = 20  # of a row, towards a target size


class Guards(Settings):
    """Checks on new texts; the report counts what each refuses."""

    # Words that carry sentiment stay, and no other word becomes one: by WordNet, or by a list
    sentiment: Literal["none", "wordnet", "opinion_words"] = "none"
    antonyms: bool = True  # no word becomes its opposite
    numbers: bool = True  # numbers stay, and no other word becomes one
    negations: bool = True  # the same for negations
    duplicates: bool = True  # no new row equals its source or another row of the task
    held_out: bool = True  # no new text equals a dev or test text of any task


class TaskAugmentation(Settings):
    """How one task's train split grows."""

    source: Literal["wordnet", "ppdb"]
    rows: PositiveInt | None = None  # the train split's size afterwards
    copies: PositiveInt | None = None  # or: new rows per row
    share: Annotated[float, Field(gt=0, le=1)] = 0.3  # of a text's words, rounded up
    min_words: Annotated[int, Field(ge=0)] = 1  # replaced in a text, if it has that many
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
                f"max_words must be min_words or more, found {self.max_words} and {self.min_words}"
            )
        return self

    def changing(self, *, paired: bool) -> tuple[int, ...]:
        """Which texts of a row change: 0 for text_a, 1 for text_b."""
        if not paired:
            return (0,)
        return {"first": (0,), "second": (1,), "both": (0, 1)}[self.sides]


TaskSet = Annotated[dict[str, TaskAugmentation], Field(min_length=1)]


class Augment(Settings):
    """Section `augment`."""

    # nlpaug's own, the perceptron of NLTK's data; or the PPDB file's tags, for a small lexicon
    tagger: Literal["perceptron", "lexicon"]
    # The PPDB file in the folder of lexicons; not needed if there is only one
    ppdb: Annotated[str, Field(min_length=1)] | None = None
    max_bad_share: Annotated[float, Field(ge=0, lt=1)]  # of the lines of the PPDB file
    # Name of a set -> task -> how its train split grows
    sets: dict[str, TaskSet]


def required_lexicons(augment: Augment, *names: str) -> Iterator[tuple[str, str]]:
    """Keys in section `augment` with the lexicon that each needs, of all sets or some.

    A lexicon is `wordnet`, `tagger`, `ppdb` or `opinion_words`.
    """
    if augment.tagger == "perceptron":
        yield "tagger", "tagger"
    for name in names or augment.sets:
        for task, settings in augment.sets[name].items():
            place = f"sets.{name}.{task}"
            yield f"{place}.source", settings.source
            if settings.guards.sentiment != "none":
                yield f"{place}.guards.sentiment", settings.guards.sentiment


def read_augment(params: Path, tasks: Mapping[str, Task]) -> Augment:
    """Read section `augment` and check it against the tasks; without the section, no sets.

    Raises:
        InputError: it does not fit, has a set whose name cannot be a folder's, a task that does
            not exist, or a side that single texts do not have.
    """
    if "augment" not in read_params(params):
        return Augment(tagger="lexicon", max_bad_share=0.0, sets={})
    augment = read_section(params, "augment", Augment)
    for name, grown in augment.sets.items():
        where = f"{params}: augment.sets"
        if check_name(name, where=where) == "none":
            raise InputError(f"{where}: 'none' is a strategy's word for no set; take another name")
        for task, settings in grown.items():
            if task not in tasks:
                raise InputError(f"{where}.{name}: {choices('task', task, tasks)}")
            if settings.sides == "second" and not tasks[task].paired:
                raise InputError(
                    f"{where}.{name}.{task}.sides: the task has single texts, expected 'first' or "
                    "'both', found 'second'"
                )
            if augment.tagger == "lexicon" and settings.source == "wordnet":
                raise InputError(
                    f"{where}.{name}.{task}.source: WordNet's words need the tagger that nlpaug "
                    "uses; set augment.tagger to perceptron, found 'lexicon'"
                )
    return augment


def choose_set(augment: Augment, name: str, sizes: Mapping[str, int], *, where: str) -> TaskSet:
    """One set of the section, if train splits of these sizes can reach its target sizes.

    Raises:
        InputError: there is no such set, or a target is below the split's size or needs too many
            copies of its rows.
    """
    if name not in augment.sets:
        raise InputError(f"{where}.sets: {choices('set', name, augment.sets)}")
    for task, settings in augment.sets[name].items():
        rows, most = sizes[task], sizes[task] * (1 + MOST_COPIES)
        if settings.rows is not None and not rows <= settings.rows <= most:
            raise InputError(
                f"{where}.sets.{name}.{task}.rows: the train split has {rows:,} rows, which all "
                f"stay and get at most {MOST_COPIES} copies each; expected {rows:,} to {most:,}, "
                f"found {settings.rows:,}"
            )
    return augment.sets[name]
