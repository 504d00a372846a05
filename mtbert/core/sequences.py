"""sequences.json: special tokens and lengths, as the stage `tokenize` writes them."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveInt

from mtbert.core.params import Settings, read_json, validate

SEQUENCES = "sequences.json"
TokenId = Annotated[int, Field(ge=0, lt=2**32)]


class Sequences(Settings):
    """Content of sequences.json."""

    prefix: tuple[TokenId, ...]
    middle: tuple[TokenId, ...]
    suffix: tuple[TokenId, ...]
    types: tuple[TokenId, TokenId]
    pad: TokenId
    max_length: PositiveInt
    vocabulary: PositiveInt


def read_sequences(folder: Path) -> Sequences:
    """Read where special tokens stand, and how long sequences may be."""
    path = folder / SEQUENCES
    return validate(Sequences, read_json(path), where=str(path))
