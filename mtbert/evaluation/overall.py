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
        """Half of its 95 % interval, from those of its tasks, taken as independent."""
        scores = dict.fromkeys(LEADERBOARD, 0.0)
        weights = {t: self.function(**scores | {t: 1.0}) - self.function(**scores) for t in scores}
        return hypot(*(weight * widths[task] for task, weight in weights.items()))


FORMULAS = {
    "mean": Formula("(sst + para + sts) / 3", lambda sst, para, sts: (sst + para + sts) / 3),
    "leaderboard": Formula(
        "(sst + para + (sts + 1) / 2) / 3", lambda sst, para, sts: (sst + para + (sts + 1) / 2) / 3
    ),
}


def overall(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Every overall score of tasks' main scores (numbers or arrays); {} unless all are there."""
    own = {task: scores[task] for task in LEADERBOARD if scores.get(task) is not None}
    complete = len(own) == len(LEADERBOARD)
    return {name: it.function(**own) for name, it in FORMULAS.items()} if complete else {}
