"""The room of balancings: how the losses of one step become one gradient.

Contract: `backward(losses, tasks)` fills `.grad` of every trainable parameter and returns each
task's loss. `losses(tasks)` runs the model once over the batches of the tasks it is given: a
scalarizer asks for all of them at once, an aggregator for one after the other.
"""

from mtbert.training.balancing.total import Total

BALANCINGS = {"sum": Total}
