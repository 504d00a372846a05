"""studies.html: all studies and their claims on one page that needs nothing from anywhere else."""

from pathlib import Path
from typing import Any

from mtbert.reporting.gradients import NOTE, TITLE, pair_table
from mtbert.reporting.replication import (
    figures,
    leading,
    notes,
    run_figures,
    sweeps,
    tables,
    verdicts,
)
from mtbert.reporting.replication.answers import Answers, Relative
from mtbert.reporting.replication.collected import Replication
from mtbert.reporting.replication.comparing import Compared, any_printed, compared, scores
from mtbert.reporting.replication.exhibits import Bars, Exhibit, Losses, Matrices, Mixing, Sweep
from mtbert.reporting.tables import number

TEMPLATES = (Path(__file__).parent / "templates", Path(__file__).parents[1] / "templates")


def html_page(studies: notes.Studies, answers: Answers) -> str:
    """Write studies.html."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("studies.html.jinja")
    return (
        page.render(
            budgets=notes.budgets(studies),
            limits=notes.limits(studies),
            commonest=notes.commonest(studies),
            machine=notes.machine(studies),
            meaningless=notes.meaningless(studies),
            quora=notes.quora(studies),
            noise=notes.NOISE,
            delta_note=notes.DELTA_M,
            multiple=verdicts.MULTIPLE,
            pooled=verdicts.pooled(answers),
            rule=verdicts.RULE,
            budget_note=verdicts.BUDGET,
            counts=verdicts.counts(answers),
            icons=verdicts.ICONS,
            claims=verdicts.lines(answers),
            claim_count=len(answers.claims),
            untested=answers.untested,
            small={"width": verdicts.WIDTH, "height": verdicts.HEIGHT, "reach": verdicts.REACH},
            leading=leading.leading(studies),
            leading_note=leading.NOTE,
            sweep_note=sweeps.NOTE,
            studies=[study_parts(one, answers.delta_m.get(n, {})) for n, one in studies.items()],
        )
        + "\n"
    )


def study_parts(study: Replication, delta_m: dict[str, Relative]) -> dict[str, Any]:
    """What the page shows of one study."""
    quora = notes.quora({study.study: study})
    return {
        "name": study.study,
        "title": study.title,
        "choice": study.choice,
        "scores": [(s, m.title, bool(quora) and s == "para") for s, m in scores(study).items()],
        "printed": any_printed(study),
        "relative": bool(delta_m),
        "rows": [_row(study, name, delta_m) for name in study.rows],
        "quora": quora,
        "other_overall": notes.OTHER_OVERALL if study.overall == "other" else "",
        "missing": notes.missing(study),
        "sweeps": sweeps.sweep_table(study.points),
        "splits": tables.other_splits(study),
        "further": tables.further(study),
        "dots": [(m.title, figures.dots(study, s)) for s, m in scores(study).items()],
        "exhibits": [exhibit(study, one) for one in study.exhibits],
        "gradients": {
            "title": TITLE,
            "note": NOTE,
            "table": pair_table(study.strategies),
            "panels": [
                (" – ".join(pair), run_figures.cosines(study, pair))
                for pair in run_figures.pairs(study)
            ],
        },
    }


def exhibit(study: Replication, one: Exhibit) -> dict[str, Any]:
    """An exhibit as panels or as matrices, with the legend that it needs."""
    shown: dict[str, Any] = {
        "title": one.title, "note": one.note, "looks": {}, "shades": {}, "colours": {},
        "panels": [], "matrices": [],
        "lost": [name for name in dict.fromkeys(one.named) if not study.rows[name].runs],
    }  # fmt: skip
    match one:
        case Bars():
            names = scores(study).items()
            shown["panels"] = [(m.title, figures.bars(study, one, s)) for s, m in names]
        case Losses():
            shown["looks"] = run_figures.row_looks(one.rows)
            shown["panels"] = [
                (f"{task} loss", run_figures.losses(study, one, task)) for task in study.tasks
            ]
        case Mixing():
            shown["shades"] = run_figures.shades(study)
            drawn = [row for row in one.rows if study.rows[row].runs]
            shown["panels"] = [(row, run_figures.mixed(study, row)) for row in drawn]
        case Matrices():
            found = (run_figures.matrix(study, row, t) for row in one.rows for t in one.tasks)
            shown["matrices"] = [matrix for matrix in found if matrix]
        case Sweep():
            shown["colours"] = figures.colours(study)
            shown["diamonds"] = figures.has_printed(study, one)
            shown["panels"] = [(name, figures.sweep(study, one, name)) for name in one.series]
    return shown


def _row(study: Replication, name: str, delta_m: dict[str, Relative]) -> dict[str, Any]:
    return {
        "name": name,
        "seeds": tables.seeds(study, name),
        "updates": tables.updates(study, name),
        "changes": tables.changes(study, name),
        "choice": study.rows[name].choice,
        "cells": [
            {
                "paper": _lines(tables.paper(one)),
                "ours": [number(one.ours and one.ours.mean), sd(one)],
                "apart": tables.apart(one),
                "within": tables.within(one).split(", ") if one.within is not None else [],
                "beyond": one.within == "beyond",
            }
            for one in compared(study, name).values()
        ],
        "delta_m": _lines(tables.gain(delta_m.get(name))) if delta_m else [],
    }


def _lines(text: str) -> list[str]:
    """`figure (what is said of it, and this)`, a line for each part."""
    first, _, rest = text.removesuffix(")").partition(" (")
    return [first, *(rest.split(", ") if rest else [])]


def sd(one: Compared) -> str:
    """The standard deviation over seeds, where there are several."""
    known = one.ours is not None and one.ours.sd is not None
    return f"± {number(one.ours.sd)}" if one.ours and known else ""
