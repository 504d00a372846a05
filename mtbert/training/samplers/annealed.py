"""From proportional rates towards uniform ones."""

from typing import Annotated

from pydantic import Field

from mtbert.training.samplers.rates import Rates


class Annealed(Rates):
    """α_e = 1 - fall · (e - 1)/(E - 1), e = 1..E; with a single epoch α = 1.

    Stickland & Murray (2019); elayattu's "anneal sampling". E is the run's number of epochs, also
    where `train.steps` sets it.
    """

    fall: Annotated[float, Field(ge=0, le=1)] = 0.8

    def exponent(self, *, epoch: int, epochs: int) -> float:
        """Give α_e."""
        return 1 - self.fall * (epoch - 1) / max(epochs - 1, 1)
