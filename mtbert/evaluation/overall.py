"""The scores that combine several tasks, one formula each. All are linear."""

from collections.abc import Mapping
from math import hypot
from typing import Any, NamedTuple

from mtbert.core.tasks import LEADERBOARD


class Formula(NamedTuple):
    """An overall score of sst, para (accuracies) and sts (Pearson's r)."""

    text: str
    function: Any  # of the three tasks' scores, numbers or arrays

    def half_width(self, widths: Mapping[str, float]) -> float:
        """Half of its 95 % interval: those of its tasks, as independent, times their weights."""
        zero = self.function(**dict.fromkeys(LEADERBOARD, 0.0))
        parts = {task: self.function(**{t: float(t == task) for t in LEADERBOARD}) - zero
                 for task in LEADERBOARD}  # fmt: skip
        return hypot(*(weight * widths[task] for task, weight in parts.items()))


FORMULAS = {
    "mean": Formula("(sst + para + sts) / 3", lambda sst, para, sts: (sst + para + sts) / 3),
    "leaderboard": Formula(
        "(sst + para + (sts + 1) / 2) / 3", lambda sst, para, sts: (sst + para + (sts + 1) / 2) / 3
    ),
}


def overall(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Every overall score of tasks' main scores (numbers or arrays); {} unless all are there."""
    own = {task: scores.get(task) for task in LEADERBOARD}
    if any(value is None for value in own.values()):
        return {}
    return {name: formula.function(**own) for name, formula in FORMULAS.items()}
