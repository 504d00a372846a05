"""The pages in Markdown: one a study, and one of the claims."""

from mtbert.reporting.gradients import NOTE, TITLE, pair_table
from mtbert.reporting.marked_rows import escape
from mtbert.reporting.replication import leading as leaders
from mtbert.reporting.replication import notes, sweeps, tables, verdicts
from mtbert.reporting.replication.answers import Answers, Relative
from mtbert.reporting.replication.collected import FILE, Replication
from mtbert.reporting.replication.comparing import any_printed
from mtbert.reporting.tables import Table

WRITTEN = "Written by `python -m stages.studies_page` from {source}; do not edit."
BESIDE = (
    "What the report concludes stands among the [claims](../claims.md#{anchor}), figures on the "
    "[page of all studies](../studies.html)."
)


def study_page(
    study: Replication, delta_m: dict[str, Relative], *, leading: Table | None = None
) -> str:
    """A study's page; with the leading rows of all studies where it is one of ours."""
    only = {study.study: study}
    extra = [tables.other_splits(study), tables.further(study), pair_table(study.strategies)]
    parts = [
        f"# {escape(study.title)}",
        WRITTEN.format(source=f"[{FILE}]({FILE})"),
        BESIDE.format(anchor=study.study) if any_printed(study) else "",
        *about(only),
        _block(tables.against(study, delta_m)),
        notes.NOISE if any_printed(study) else "",
        notes.OTHER_OVERALL if study.overall == "other" else "",
        notes.DELTA_M if delta_m else "",
        notes.missing(study),
        f"{_block(leading)}\n\n{leaders.NOTE}" if leading and leading.rows else "",
        f"{_block(sweeps.sweep_table(study.points))}\n\n{sweeps.NOTE}" if study.points else "",
        *(_block(one) for one in extra[:2] if one.rows),
        *([f"## {TITLE}", extra[2].markdown(), NOTE] if extra[2].rows else []),
        "## What each row is, and what we chose",
        escape(study.choice),
        "\n".join(_row(study, name) for name in study.rows),
        _block(notes.machine(only)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def claims_page(studies: notes.Studies, answers: Answers) -> str:
    """The page of the claims."""
    found = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.counts(answers).items())
    untested = [f"- {one.study}: {escape(one.says)} {escape(one.why)}" for one in answers.untested]
    parts = [
        "# What the reports conclude, and what our runs say to it",
        WRITTEN.format(source="claims.json"),
        *about(studies),
        f"{len(answers.claims)} claims: {found}.",
        f"{verdicts.MULTIPLE} {verdicts.RULE} {verdicts.BUDGET}",
        verdicts.pooled(answers),
        *(
            f"## {study}\n\n{verdicts.claim_table(lines).markdown()}"
            for study, lines in verdicts.lines(answers).items()
        ),
        "## Not tested" if untested else "",
        "\n".join(untested),
        _block(notes.machine(studies)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def about(studies: notes.Studies) -> list[str]:
    """The budget, and what figures are worth at it."""
    found = notes.budgets(studies)
    lines = []
    for name, says, own in found:
        of = f" ({', '.join(own)})" if len(found) > 1 else ""
        lines.append(f"Budget **{escape(name)}**{of}: {escape(says)}.")
    warning = notes.meaningless(studies)
    limits = "\n".join(f"- {escape(limit)}" for limit in notes.limits(studies))
    warning = f"**{warning}**" if warning else ""
    return [*lines, limits, warning, notes.quora(studies), notes.commonest(studies)]


def _row(study: Replication, name: str) -> str:
    changed = tables.changes(study, name)
    told = f"`{changed}`" if changed else "the settings that all rows share"
    choice = study.rows[name].choice
    return f"- **{escape(name)}**: {told}. {escape(choice)}".rstrip()


def _block(one: Table) -> str:
    return f"## {one.caption}\n\n{one.markdown()}"
