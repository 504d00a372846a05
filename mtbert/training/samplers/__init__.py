"""Registry of samplers: which tasks each step of an epoch trains on.

Contract: `Sampler.epoch_steps` gives the tasks of every step of an epoch. `one_task` says whether
each step has a single task; a balancing that compares tasks needs a sampler where it is False.
Where two words name one class, plans are written with the first.
"""

from mtbert.training.samplers.all_tasks import AllTasks
from mtbert.training.samplers.annealed import Annealed
from mtbert.training.samplers.rates import Proportional, Sqrt, Temperature, Uniform
from mtbert.training.samplers.round_robin import RoundRobin
from mtbert.training.samplers.sampler import Sampler
from mtbert.training.samplers.sequential import Sequential

SAMPLERS: dict[str, type[Sampler]] = {
    "all_tasks": AllTasks,
    "annealed": Annealed,
    "anneal": Annealed,
    "proportional": Proportional,
    "round_robin": RoundRobin,
    "sequential": Sequential,
    "sqrt": Sqrt,
    "temperature": Temperature,
    "uniform": Uniform,
}
