"""Registry of objectives: logits and labels → the loss of one task.

Contract: `check(labels, width=…)` refuses a kind of labels, or a width of the head, that does not
fit; `build(bounds=…, targets=…)` takes the lowest and highest label and the labels of the whole
train split (example,), and gives a function of logits (example, width) and labels (example,)
float: the mean loss of the examples; `regression` says whether a label is a number, not a class.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from mtbert.training.objectives.binary_cross_entropy import BinaryCrossEntropy
from mtbert.training.objectives.cross_entropy import CrossEntropy
from mtbert.training.objectives.squared_error import SquaredError

Objective: TypeAlias = CrossEntropy | BinaryCrossEntropy | SquaredError

if TYPE_CHECKING:
    from torch import Tensor

    Loss: TypeAlias = Callable[[Tensor, Tensor], Tensor]

OBJECTIVES = {
    "cross_entropy": CrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
    "squared_error": SquaredError,
}
