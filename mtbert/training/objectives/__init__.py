"""Registry of objectives: logits and labels → the loss of one task. Contract: `Objective`."""

from mtbert.training.objectives.cross_entropy import BinaryCrossEntropy, CrossEntropy
from mtbert.training.objectives.objective import Objective
from mtbert.training.objectives.squared_error import SquaredError

OBJECTIVES: dict[str, type[Objective]] = {
    "cross_entropy": CrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
    "squared_error": SquaredError,
}
