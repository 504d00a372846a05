"""Random streams, and subsets of a task's examples."""

import zlib
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from mtbert.core.errors import InputError
from mtbert.core.params import Settings


def stream(seed: int, purpose: str, *numbers: int) -> np.random.Generator:
    """Seed a generator for one purpose, independent of what other purposes draw.

    The purpose is hashed, so rewording it changes the numbers: never reword it.
    A task's bare name stands for the order of its examples. The numbers say which one of many: the
    epoch, the pass, …
    """
    return np.random.default_rng([seed, zlib.crc32(purpose.encode()), *numbers])


class Subset(Settings):
    """Draw from `count` examples of a task's train split only, chosen with the seed.

    wu draws "1000 samples from each dataset to create balanced subsets for training": chosen once,
    as we read it; `redraw: epoch` chooses others in each epoch. A smaller subset lies within a
    larger one. In a settings field a bare number n is short for `{count: n}`.
    """

    count: Annotated[int, Field(gt=0)]
    redraw: Literal["never", "epoch"] = "never"

    @model_validator(mode="before")
    @classmethod
    def _bare_number(cls, spec: Any) -> Any:
        return {"count": spec} if isinstance(spec, int) and not isinstance(spec, bool) else spec

    def check(self, size: int) -> None:
        """Refuse a count above the number of examples."""
        if self.count > size:
            raise InputError(
                f"count: at most the {size} train examples there are, found {self.count}"
            )

    def rows(self, size: int, *, seed: int, task: str, epoch: int) -> np.ndarray:
        """Give the rows of an epoch's examples, (count,) int64, ascending."""
        redrawn = epoch if self.redraw == "epoch" else 0
        order = stream(seed, f"subset of {task}", redrawn).permutation(size)
        return np.sort(order[: self.count])
