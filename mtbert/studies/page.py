"""The studies' page in HTML and Markdown: claims first, then caveats, then each study."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mtbert.claims.claim import Claims
from mtbert.claims.verdicts import Verdict
from mtbert.reporting.tables import NONE, markdown
from mtbert.studies import figures, tables
from mtbert.studies.budgets import Budget
from mtbert.studies.tables import ICONS, Shown

PACKAGE = Path(__file__).parents[1]
TEMPLATES = [PACKAGE / "studies/templates", PACKAGE / "reporting/templates"]
WRITTEN = "Written by `python -m stages.studies` from results/; do not edit."
METHOD = (
    "Effects are differences of scores over paired seeds and the same dev examples, in brackets "
    "their interval: 95 %, or 90 % where a claim is tested against a margin (TOST). Verdicts are "
    "corrected by Holm's method within each report."
)
QUORA = (
    "all-MiniLM-L6-v2 was pre-trained on Quora's questions, among much else: our para figures may "
    "be of pairs that the encoder has seen."
)
SMOKE = "These figures mean nothing: a few steps of a tiny encoder show that every experiment runs."
OTHER = "The printed overall follows no known formula: ours is the mean of the three scores."


def html_page(
    studies: Sequence[Shown],
    claims: Claims,
    verdicts: Mapping[str, Verdict],
    budgets: Mapping[str, Budget],
) -> str:
    """Write studies.html, which needs nothing from anywhere else."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("studies.html.jinja")
    return template.render(
        tally=tables.tally(verdicts),
        icons=ICONS,
        groups=_groups(claims, verdicts),
        untested=claims.untested,
        method=METHOD,
        caveats=list(caveats(studies, budgets)),
        studies=[_study(one) for one in studies],
        machine=_grid(tables.machine(studies)),
    )


def _groups(claims: Claims, verdicts: Mapping[str, Verdict]) -> dict[str, list[dict[str, Any]]]:
    """The claims of each report as the table shows them."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for name, claim in claims.claims.items():
        verdict = verdicts[name]
        line = {
            "name": name,
            "claim": claim,
            "verdict": verdict,
            "tested": tables.tested(claim),
            "effect": tables.effect(claim, verdict),
        }
        groups.setdefault(claim.study, []).append(line)
    return groups


def _study(shown: Shown) -> dict[str, Any]:
    further = tables.further(shown)
    return {
        "name": shown.name,
        "study": shown.study,
        "missing": missing(shown),
        "table": _grid(tables.comparison(shown)),
        "further": _grid(further) if len(further) else "",
        "figure": figures.scores(shown) if len(shown.results.runs) else "",
        "sweeps": figures.sweeps(shown) if len(shown.results.runs) else [],
        "points": _grid(shown.points) if shown.points is not None else "",
        "note": OTHER if shown.study.overall == "other" else "",
    }


def _grid(table: Any) -> str:
    return str(table.to_html(index=False, border=0, na_rep=NONE))


def caveats(studies: Sequence[Shown], budgets: Mapping[str, Budget]) -> Iterator[str]:
    """What a reader must know of these runs, a sentence or a few each."""
    names = dict.fromkeys(b for one in studies for b in one.results.runs["budget"])
    if "smoke" in names:
        yield SMOKE
    for name in names:
        if name in budgets:
            yield f"Budget {name}: {' '.join(budgets[name].says.split())}."
            yield from (" ".join(limit.split()) for limit in budgets[name].limits)
    if any(one.results.runs["encoder"].astype(str).str.contains("MiniLM").any() for one in studies):
        yield QUORA
    if commonest := tables.majority(studies):
        shares = ", ".join(f"{task} {share:.3f}" for task, share in commonest.items())
        yield f"Always naming the commonest class has an accuracy on dev of {shares}."


def missing(shown: Shown) -> str:
    """Which runs still have to be made; empty where none."""
    names = [f"{name}-{seed}" for name, seed in shown.missing]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"Not run yet: {', '.join(names[:8])}{more}." if names else ""


def overview(
    studies: Sequence[Shown],
    claims: Claims,
    verdicts: Mapping[str, Verdict],
    budgets: Mapping[str, Budget],
) -> str:
    """Write studies/README.md: what became of the claims, caveats, links to each study."""
    import pandas as pd

    tally = ", ".join(f"{n} {decision}" for decision, n in tables.tally(verdicts).items())
    parts = ["# What the reports conclude, and what our runs say to it", WRITTEN]
    parts += [f"**{len(verdicts)} claims: {tally}.** {METHOD}"]
    for study, lines in _groups(claims, verdicts).items():
        cells = [
            {
                "verdict": f"{ICONS[line['verdict'].decision]} {line['verdict'].decision}",
                "claim": f"{line['claim'].says}<br>{line['tested']}",
                "effect [interval]": line["effect"] or line["verdict"].reason,
                "p (Holm)": _p(line["verdict"].p_holm),
                "seeds": len(line["verdict"].seeds),
            }
            for line in lines
        ]
        parts += [f"## {study}", markdown(pd.DataFrame(cells).set_index("verdict"), prose=True)]
    if claims.untested:
        parts += ["## Not tested"]
        parts += ["\n".join(f"- {one.study}: {one.says} {one.why}" for one in claims.untested)]
    parts += ["## Caveats", "\n".join(f"- {text}" for text in caveats(studies, budgets))]
    links = [f"- [{one.study.title}]({one.name}/README.md)" for one in studies]
    return "\n\n".join([*parts, "## Studies", "\n".join(links)]) + "\n"


def study_page(shown: Shown) -> str:
    """Write studies/NAME/README.md."""
    study, further = shown.study, tables.further(shown)
    parts = [
        f"# {study.title}",
        WRITTEN,
        "Claims and caveats: [all studies](../README.md).",
        missing(shown),
        "Scores on dev: printed, ours (mean ± standard deviation over seeds), their difference.",
        markdown(tables.comparison(shown).set_index("experiment")),
        OTHER if study.overall == "other" else "",
        markdown(further.set_index("experiment")) if len(further) else "",
        f"## Sweep\n\n{markdown(shown.points.set_index('point'))}"
        if shown.points is not None
        else "",
        "## What we chose where the report is silent",
        "\n".join(
            f"- **{name}**: {' '.join(text.split())}" for name, text in study.choices.items()
        ),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _p(value: float | None) -> str:
    if value is None:
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
