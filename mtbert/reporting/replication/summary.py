"""What the README says of the studies: how much was run, and how their claims came out."""

from collections.abc import Mapping

from mtbert.reporting.marked_rows import escape
from mtbert.reporting.replication import notes, verdicts
from mtbert.reporting.replication.answers import Answers
from mtbert.reporting.replication.collected import Replication
from mtbert.reporting.tables import number, table

MARK = "replication"


def summary(studies: Mapping[str, Replication], answers: Answers, *, folder: str) -> str:
    """A line a study, with the budget and what verdicts hang on.

    Args:
        studies: By name, in the order to show.
        answers: Those to their claims.
        folder: Where their pages lie, as the README links to them.
    """
    shown = verdicts.counts(answers)
    rows = []
    for name, one in studies.items():
        own = [line.verdict for line in verdicts.lines(answers).get(name, [])]
        runs = len(one.done)
        rows.append(
            [
                f"[{escape(one.title)}]({folder}/{name}/README.md)",
                number(len(one.rows)),
                f"{number(runs)} of {number(runs + len(one.missing))}",
                *(number(own.count(verdict)) for verdict in shown),
            ]
        )
    header = ["study", "rows", "runs", *(f"{verdicts.ICONS[name]} {name}" for name in shown)]
    told = ", ".join(f"{count} {verdict}" for verdict, count in shown.items())
    budgets = [f"Budget **{escape(n)}**: {escape(says)}." for n, says, _ in notes.budgets(studies)]
    parts = [
        table("Studies", header, rows).markdown(),
        f"{len(answers.claims)} claims of the reports, judged together ({told}): "
        f"[one by one]({folder}/claims.md). {' '.join(budgets)} "
        f"{escape(notes.hardware(studies))}".rstrip(),
        notes.quora(studies),
    ]
    return "\n\n".join(part for part in parts if part)
