"""Section `tokenize` of the params file."""

from typing import Annotated

from pydantic import Field

from mtbert.core.params import Settings


class TokenizeSettings(Settings):
    """How texts become token ids."""

    # Below 8 a joint pair has hardly a word left of each text beside its special tokens.
    max_length: Annotated[int, Field(ge=8)]
