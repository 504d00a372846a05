"""What a recipe of ours is worth: beside the leading row of each report, at an equal budget."""

from collections.abc import Mapping

from mtbert.core.tasks import LEADERBOARD, OVERALL
from mtbert.reporting.comparison import summarize
from mtbert.reporting.replication.collected import Replication
from mtbert.reporting.replication.comparing import any_printed
from mtbert.reporting.replication.tables import seeds
from mtbert.reporting.tables import Table, number, spread, table

TITLE = "Leading rows at an equal budget"
NOTE = (
    "Of the study of each report the row with the highest mean on dev among those that saw no more "
    "examples than ours; where one that saw more leads it, that one too. Such a row was picked by "
    "the very scores that stand here, which flatters it, the more so the more rows there are and "
    "the fewer seeds they have. Our rows are scored with seeds that no sweep saw, but on the dev "
    "split that the sweeps were judged on, which still flatters what they found."
)
# A budget counts as equal up to this factor: the last batches do not come out even.
TOLERANCE = 1.05


def leading(studies: Mapping[str, Replication]) -> Table:
    """The leading row of each report's study, then all rows of our own; empty without any."""
    own = {name: one for name, one in studies.items() if not any_printed(one)}
    ours = [(name, row) for name, one in own.items() for row in scored(one)]
    most = max((examples(studies[name], row) for name, row in ours), default=0)
    theirs = [
        (name, row)
        for name, one in studies.items()
        if name not in own
        for row in leaders(one, most * TOLERANCE)
    ]
    rows = [_line(studies[name], row) for name, row in [*theirs, *ours]] if ours else []
    header = ["study", "row", "examples seen", "seeds"]
    header += [*(f"{task} {metric}" for task, metric in LEADERBOARD.items()), "mean"]
    return table(TITLE, header, rows)


def leaders(study: Replication, most: float) -> list[str]:
    """The row with the highest mean at a budget, and the one that leads whatever it saw."""
    rows = scored(study)
    equal = [row for row in rows if examples(study, row) <= most]
    best = [max(kept, key=lambda row: mean(study, row)) for kept in (equal, rows) if kept]
    return [*dict.fromkeys(best)]


def scored(study: Replication) -> list[str]:
    """Rows with a run that has the mean of all three scores."""
    return [row for row in study.rows if study.strategy(row).values(OVERALL, "mean")]


def mean(study: Replication, row: str) -> float:
    """A row's mean score over its seeds."""
    found = summarize(study.strategy(row).values(OVERALL, "mean"))
    return found.mean if found else float("-inf")


def examples(study: Replication, row: str) -> int:
    """How many examples a row was trained on, those seen twice counted twice."""
    return max((run.seen for run in study.rows[row].runs), default=0)


def _line(study: Replication, row: str) -> list[str]:
    one = study.strategy(row)
    groups = {**LEADERBOARD, OVERALL: "mean"}
    values = [spread(summarize(one.values(group, name))) for group, name in groups.items()]
    return [study.study, row, number(examples(study, row)), seeds(study, row), *values]
