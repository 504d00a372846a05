"""Section `seeds` of the params file: every strategy is run once with each."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from mtbert.core.params import Settings, read_yaml, validate

# The largest that numpy's generator takes.
MAX_SEED = 2**32 - 1


Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]


class Seeds(Settings):
    """Distinct whole numbers from 0 to `MAX_SEED`, at least one."""

    seeds: tuple[Seed, ...]

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if not seeds or len(set(seeds)) < len(seeds):
            raise ValueError(f"at least one, and each seed once, found {list(seeds)}")
        return seeds


def read_seeds(params: Path) -> tuple[int, ...]:
    """Read the seeds of a params file; an InputError names one that does not fit."""
    return validate(Seeds, {"seeds": read_yaml(params).get("seeds")}, where=str(params)).seeds
