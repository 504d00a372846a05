"""Registry of samplers: which tasks each step of an epoch trains on. Contract: `Sampler`."""

from mtbert.training.samplers.fixed_order import AllTasks, RoundRobin, Sequential
from mtbert.training.samplers.rates import Annealed, Proportional, Sqrt, Temperature, Uniform
from mtbert.training.samplers.sampler import Sampler

SAMPLERS: dict[str, type[Sampler]] = {
    "all_tasks": AllTasks,
    "anneal": Annealed,
    "proportional": Proportional,
    "round_robin": RoundRobin,
    "sequential": Sequential,
    "sqrt": Sqrt,
    "temperature": Temperature,
    "uniform": Uniform,
}
