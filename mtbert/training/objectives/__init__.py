"""The room of objectives: logits and labels to the loss of one task.

Contract: `check(labels)` refuses a kind of labels that does not fit; `loss(logits, targets,
bounds)` takes logits (example, width), labels (example,) float and the lowest and highest label,
and gives the mean loss of the examples.
"""

from mtbert.training.objectives.binary_cross_entropy import BinaryCrossEntropy
from mtbert.training.objectives.cross_entropy import CrossEntropy
from mtbert.training.objectives.squared_error import SquaredError

OBJECTIVES = {
    "cross_entropy": CrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
    "squared_error": SquaredError,
}
