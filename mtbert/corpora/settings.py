"""The knobs of `download` and `prepare`: sections `data` and `encoder` of the params file."""

from typing import Annotated

from pydantic import Field, PositiveInt, model_validator

from mtbert.core.params import Settings

Word = Annotated[str, Field(min_length=1)]


class Data(Settings):
    """Where the corpora come from, and which of their rows can be used."""

    source: Word  # sample | cs224n | a folder
    max_bad_share: Annotated[float, Field(ge=0, lt=1)]  # of the rows of one file
    max_characters: PositiveInt  # of one text


class Scratch(Settings):
    """The shape of an encoder with random weights."""

    layers: PositiveInt
    hidden_size: PositiveInt
    heads: PositiveInt
    intermediate_size: PositiveInt
    # An upper bound: a small corpus has fewer word pieces. Fewer could not hold the letters.
    vocabulary_size: Annotated[int, Field(ge=100)]
    dropout: Annotated[float, Field(ge=0, lt=1)]  # of hidden states and attention

    @model_validator(mode="after")
    def _divisible(self) -> "Scratch":
        if self.hidden_size % self.heads:
            raise ValueError(
                f"hidden_size must be a multiple of heads, found {self.hidden_size} "
                f"and {self.heads}"
            )
        return self


class Encoder(Settings):
    """Which encoder the tasks share."""

    pretrained: Word  # scratch | a name on the hub | a folder
    scratch: Scratch
