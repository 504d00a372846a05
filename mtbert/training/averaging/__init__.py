"""Registry of weight averagings: which weights a run evaluates and saves.

The settings class is the method; its `begin` gives the WeightAverage of a run. It never changes
what is trained: a run with averaging trains exactly as one without.

Only parameters are averaged. Buffers stay as they are: encoders and heads here normalize by layer,
so there are no batch statistics to compute anew for the average.
"""

from mtbert.training.averaging.averaging import Averaging, NoAveraging, WeightAverage
from mtbert.training.averaging.ema import EMA
from mtbert.training.averaging.swa import SWA

__all__ = ["AVERAGINGS", "Averaging", "WeightAverage"]

AVERAGINGS: dict[str, type[Averaging]] = {
    "none": NoAveraging,
    "ema": EMA,
    "swa": SWA,
}
