"""The room of samplers: which tasks each step of an epoch trains on.

Contract: `epoch(batches)` takes the number of batches in one pass over each task, in the order of
the tasks, and gives one tuple of tasks for each step. A task that is drawn more often than it has
batches starts again in a new order.
"""

from mtbert.training.samplers.all_tasks import AllTasks
from mtbert.training.samplers.round_robin import RoundRobin
from mtbert.training.samplers.sequential import Sequential

SAMPLERS = {"all_tasks": AllTasks, "round_robin": RoundRobin, "sequential": Sequential}
