"""The learning rate over the run, as a factor of its peak."""

import math
from collections.abc import Callable


def linear(progress: float) -> float:
    """Down to 0 in a straight line."""
    return 1.0 - progress


def cosine(progress: float) -> float:
    """Down to 0 along half a cosine (Loshchilov & Hutter 2017, without restarts)."""
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def constant(progress: float) -> float:
    """Stay at the peak."""
    return 1.0


SCHEDULES: dict[str, Callable[[float], float]] = {
    "linear": linear,
    "cosine": cosine,
    "constant": constant,
}


def factor(step: int, *, total: int, warmup: float, schedule: str) -> float:
    """Factor of the learning rate at a step.

    Args:
        step: Number of the step, from 0.
        total: Steps of the whole run.
        warmup: Share of the run over which the rate rises from 0 in a straight line.
        schedule: Name of its course after that.
    """
    rise = round(warmup * total)
    if step < rise:
        return (step + 1) / (rise + 1)
    return SCHEDULES[schedule]((step - rise) / max(1, total - rise))
