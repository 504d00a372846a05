"""Section `seeds` of the params file: every strategy is run once with each."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from mtbert.params import Settings, read_yaml, validate


class Seeds(Settings):
    """Distinct whole numbers from 0, at least one."""

    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError(f"each seed may stand once, found {list(seeds)}")
        return seeds


def read_seeds(params: Path) -> tuple[int, ...]:
    """Read the seeds of a params file.

    Raises:
        InputError: they do not fit.
    """
    data = read_yaml(params)
    return validate(Seeds, {k: data[k] for k in ("seeds",) if k in data}, where=str(params)).seeds
