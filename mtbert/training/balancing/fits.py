"""Which balancing works with which sampler."""

from mtbert.core.errors import InputError
from mtbert.core.registry import spell
from mtbert.training.balancing import BALANCINGS, Balancing
from mtbert.training.samplers import SAMPLERS
from mtbert.training.samplers.sampler import Sampler


def check_sampler(balancing: Balancing, sampler: Sampler) -> None:
    """Refuse a sampler of single tasks where a balancing needs several in a step.

    Raises:
        InputError: naming the samplers that fit.
    """
    if balancing.needs_several and sampler.one_task:
        fit = sorted(name for name, kind in SAMPLERS.items() if not kind.one_task)
        name, found = spell(BALANCINGS, balancing)["name"], spell(SAMPLERS, sampler)["name"]
        raise InputError(
            f"sampler: balancing {name} needs several tasks in a step, and {found} gives one; "
            f"samplers that fit: {', '.join(fit)}"
        )
