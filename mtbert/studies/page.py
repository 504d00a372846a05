"""The studies' page in HTML and Markdown: claims first, then caveats, then each study."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from mtbert.claims.claim import Claims
from mtbert.claims.verdicts import Verdict
from mtbert.reporting.page import render
from mtbert.reporting.tables import NONE, markdown, number
from mtbert.studies import figures, tables
from mtbert.studies.budgets import Budget
from mtbert.studies.tables import ICONS, Shown

WRITTEN = "Written by `python -m stages.studies` from results/; do not edit."
METHOD = (
    "Effects are differences of scores over paired seeds and the same dev examples; their interval "
    "is of 95 %, or of 90 % where a claim is tested against a margin (TOST). p is corrected by "
    "Holm's method within each report."
)
SCORES = (
    "On dev: printed, ours (mean ± standard deviation over seeds; in figures a circle a seed), "
    "difference. Diamonds are printed figures."
)
QUORA = (
    "all-MiniLM-L6-v2 was pre-trained on Quora's questions, among much else: our para figures may "
    "be of pairs that the encoder has seen."
)
SMOKE = "These figures mean nothing: a few steps of a tiny encoder show that every experiment runs."
OTHER = "The printed overall follows no known formula: ours is the mean of the three scores."

Verdicts = Mapping[str, Verdict]
Budgets = Mapping[str, Budget]


def html_page(
    studies: Sequence[Shown], claims: Claims, verdicts: Verdicts, budgets: Budgets
) -> str:
    """Write the page of all studies."""
    lines = claim_lines(claims, verdicts)
    return render(
        "studies.html.jinja",
        warnings=[SMOKE] if "smoke" in _budgets(studies) else [],
        count=len(lines),
        icons=ICONS,
        groups={word: [x for x in lines if x["verdict"].decision == word] for word in ICONS},
        method=METHOD,
        caveats=list(caveats(studies, budgets)),
        untested=claims.untested,
        studies=[_study(shown) for shown in studies],
        machine=tables.machine(studies),
    )


def claim_lines(claims: Claims, verdicts: Verdicts) -> list[dict[str, Any]]:
    """The claims as tables show them."""
    return [
        {
            "claim": claim,
            "verdict": verdicts[name],
            "tested": tables.tested(claim),
            "effect": tables.effect(claim, verdicts[name]),
            "p": _p(verdicts[name].p_holm),
        }
        for name, claim in claims.claims.items()
    ]


def _p(value: float | None) -> str:
    return NONE if value is None else "< 0.001" if value < 0.001 else number(value)


def _study(shown: Shown) -> dict[str, Any]:
    drawn = len(shown.results.runs) > 0
    extras = (tables.further(shown), shown.points)
    return {
        "name": shown.name,
        "title": shown.study.title,
        "missing": missing(shown),
        "table": tables.comparison(shown),
        "note": f"{SCORES} {OTHER if shown.study.overall == 'other' else ''}",
        "pictures": [*figures.score_pictures(shown), *figures.sweep_pictures(shown)]
        if drawn
        else [],
        "extras": [table for table in extras if table is not None and len(table)],
    }


def _budgets(studies: Sequence[Shown]) -> list[str]:
    return list(dict.fromkeys(name for one in studies for name in one.results.runs["budget"]))


def caveats(studies: Sequence[Shown], budgets: Budgets) -> Iterator[str]:
    """What a reader must know of these runs, a sentence or a few each."""
    for name in _budgets(studies):
        if name in budgets:
            yield f"Budget {name}: {' '.join(budgets[name].says.split())}."
            yield from (" ".join(limit.split()) for limit in budgets[name].limits)
    if any(one.results.runs["encoder"].astype(str).str.contains("MiniLM").any() for one in studies):
        yield QUORA
    if commonest := tables.majority(studies):
        shares = ", ".join(f"{task} {number(share)}" for task, share in commonest.items())
        yield f"Always naming the commonest class has an accuracy on dev of {shares}."


def missing(shown: Shown) -> str:
    """Which runs still have to be made; empty where none."""
    names = [f"{name}-{seed}" for name, seed in shown.missing]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"Not run yet: {', '.join(names[:8])}{more}." if names else ""


def overview(studies: Sequence[Shown], claims: Claims, verdicts: Verdicts, budgets: Budgets) -> str:
    """Write README.md of all studies: what became of the claims, caveats, links."""
    lines = claim_lines(claims, verdicts)
    tally = ", ".join(f"{count} {word}" for word, count in tables.tally(verdicts).items())
    cells = [
        {
            "verdict": f"{ICONS[x['verdict'].decision]} {x['verdict'].decision}",
            "report": x["claim"].study,
            "claim": f"{x['claim'].says}<br>{x['tested']}",
            "effect [interval]": x["effect"] or x["verdict"].reason,
            "p": x["p"],
            "seeds": len(x["verdict"].seeds),
        }
        for word in ICONS
        for x in lines
        if x["verdict"].decision == word
    ]
    parts = [
        "# What the reports conclude, and what our runs say to it",
        WRITTEN,
        f"**{len(lines)} claims: {tally}.** {METHOD}",
        markdown(pd.DataFrame(cells).set_index("verdict"), prose=True),
        "## Caveats",
        "\n".join(f"- {text}" for text in caveats(studies, budgets)),
        "## Not tested",
        "\n".join(f"- {one.study}: {one.says} {one.why}" for one in claims.untested) or NONE,
        "## Studies",
        "\n".join(f"- [{one.study.title}]({one.name}/README.md)" for one in studies),
    ]
    return "\n\n".join(parts) + "\n"


def study_page(shown: Shown) -> str:
    """Write a study's README.md."""
    about = _study(shown)
    chosen = {name: " ".join(text.split()) for name, text in shown.study.choices.items()}
    parts = [
        f"# {about['title']}",
        WRITTEN,
        "Claims and caveats: [all studies](../README.md).",
        about["missing"],
        about["note"],
        markdown(about["table"]),
        *(markdown(table) for table in about["extras"]),
        "## What we chose where the report is silent",
        "\n".join(f"- **{name}**: {text}" for name, text in chosen.items()),
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"
