"""What was kept of a study before joins what was run since, where both had the same plan.

So a study can be run a part at a time, on several machines, and its results grow.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mtbert.core.errors import InputError
from mtbert.reporting.replication.collected import FILE, Done, Replication, Row


@dataclass(frozen=True)
class Merged:
    """A study with the runs of now and of before."""

    study: Replication
    taken: tuple[str, ...]  # runs of before that joined, as `row-seed`
    dropped: tuple[str, ...]  # those that did not: another plan, or nobody asks for them any more


def merged(
    now: Replication, before: Replication | None, *, same_plan: Callable[[str, int], bool]
) -> Merged:
    """Add the runs that were kept before to those of now, which stand where both have one.

    Args:
        now: What is to be kept: its rows and seeds say which runs are asked for.
        before: What was kept until now, if anything.
        same_plan: Of a row and a seed, whether the run that was kept had the plan of now.

    Raises:
        InputError: the two have different budgets.
    """
    if before is None:
        return Merged(now, (), ())
    if now.budget.name != before.budget.name and before.done:
        raise InputError(
            f"{now.study}: {FILE} is kept at budget {before.budget.name!r}, and these runs are at "
            f"{now.budget.name!r}: run them at that budget, or delete what is kept first"
        )
    rows: dict[str, Row] = {}
    taken: list[str] = []
    for name, row in now.rows.items():
        wanted = {one.seed for one in row.missing}
        found = tuple(
            one
            for one in (before.rows[name].runs if name in before.rows else ())
            if one.seed in wanted and same_plan(name, one.seed)
        )
        taken += [f"{name}-{one.seed}" for one in found]
        rows[name] = _joined(row, found) if found else row
    study = now.model_copy(update={"rows": rows})
    return Merged(study, tuple(taken), tuple(run for run in before.runs if run not in study.runs))


def _joined(row: Row, found: tuple[Done, ...]) -> Row:
    seeds = {one.seed for one in found}
    return row.model_copy(
        update={
            "runs": tuple(sorted((*row.runs, *found), key=lambda one: one.seed)),
            "missing": tuple(one for one in row.missing if one.seed not in seeds),
        }
    )
