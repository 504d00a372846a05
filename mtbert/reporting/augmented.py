"""What the stage `augment` reports of one set of new rows, as the report reads it."""

from typing import Literal

from pydantic import ConfigDict, NonNegativeInt, model_validator

from mtbert.core.params import Settings


class Facts(Settings):
    """Base of what a data file holds: what the report shows, other entries left alone."""

    model_config = ConfigDict(extra="ignore")


class Text(Facts):
    """A text of a source row: its words, and what took the place of some (position → new)."""

    words: tuple[str, ...]
    replaced: dict[NonNegativeInt, str]

    @model_validator(mode="after")
    def _in_the_text(self) -> "Text":
        if beyond := [position for position in self.replaced if position >= len(self.words)]:
            raise ValueError(
                f"replaced: positions are those of {len(self.words)} words, from 0 on; "
                f"found {beyond[0]}"
            )
        return self


class Example(Facts):
    """A new row beside its source, whose id it names; the texts that might have changed."""

    source: str
    texts: dict[Literal["text_a", "text_b"], Text]


class Rows(Facts):
    """Rows of a train split, and how many of those asked for could not be made."""

    before: int
    after: int
    missing: int


class Words(Facts):
    """Words of a train split, and how many of the sources' were replaced in new rows."""

    before: int
    after: int
    replaced: int


class Guards(Facts):
    """Which guards are on, and what they and the filters did, by the reason."""

    settings: dict[str, bool | str]
    words_kept: dict[str, int]
    candidates_refused: dict[str, int]
    draws_refused: dict[str, int]


class Growth(Facts):
    """How the train split of one task grew."""

    method: str
    seed: int
    rows: Rows
    words: Words
    rows_without_replaceable_words: int
    copies_given_up: int
    guards: Guards
    examples: tuple[Example, ...]


class Shared(Facts):
    """What two splits ("task split") share: distinct texts and, of one task, whole rows."""

    train: str
    held_out: str
    texts: int
    rows: int | None = None


class SharedTexts(Facts):
    """What train splits share with dev and test splits, before and after augmentation."""

    original: tuple[Shared, ...]
    augmented: tuple[Shared, ...]


class BrokenLine(Facts):
    """A line of a lexicon that could not be read."""

    line: int
    reason: str


class Lexicon(Facts):
    """The PPDB file that words were replaced with."""

    file: str
    lines: int
    pairs: int
    broken: tuple[BrokenLine, ...]


class Augmented(Facts):
    """The new rows of one set of section `augment`."""

    tasks: dict[str, Growth]
    shared_texts: SharedTexts
    lexicon: Lexicon | None = None  # None where no task uses one
