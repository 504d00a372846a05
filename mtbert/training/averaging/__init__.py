"""Registry of weight averagings: which weights a run evaluates and saves.

Contract
- The settings class is the method; `begin(parameters)` gives the WeightAverage of a run, which
  follows the trainable parameters.
- `follow(step, total, epoch_ends=…)` after every update takes the new weights into account. It
  never changes what is trained: a run with averaging trains exactly as one without.
- Within `applied()` the parameters are the average; after it they are what they were, bit for bit.
  Evaluation and saving happen within.
- `state_dict()` and `load_state_dict()` make a resumed run continue exactly.

Only parameters are averaged. Buffers stay as they are: encoders and heads here normalize by layer,
so there are no batch statistics to compute anew for the average.
"""

from mtbert.training.averaging.averaging import Averaging, WeightAverage
from mtbert.training.averaging.ema import EMA
from mtbert.training.averaging.none import NoAveraging
from mtbert.training.averaging.swa import SWA

__all__ = ["AVERAGINGS", "Averaging", "WeightAverage"]

AVERAGINGS: dict[str, type[Averaging]] = {
    "none": NoAveraging,
    "ema": EMA,
    "swa": SWA,
}
