"""The learning rate over the run, as a factor of its peak."""

import math
from collections.abc import Callable

# By progress after the warm-up, from 0 to 1.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "linear": lambda progress: 1.0 - progress,
    # Down to 0 along half a cosine (Loshchilov & Hutter 2017, without restarts).
    "cosine": lambda progress: 0.5 * (1.0 + math.cos(math.pi * progress)),
    "constant": lambda progress: 1.0,
}


def factor(step: int, *, total: int, warmup: float, schedule: str) -> float:
    """Factor of the learning rate at a step, from 0, of `total`.

    Over the share `warmup` of the run it rises from 0 in a straight line.
    """
    rise = round(warmup * total)
    if step < rise:
        return (step + 1) / (rise + 1)
    return SCHEDULES[schedule]((step - rise) / max(1, total - rise))
