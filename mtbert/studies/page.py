"""What the studies' page shows, in HTML and in Markdown: claims, caveats, then each study."""

from collections.abc import Iterator, Mapping, Sequence
from math import nan
from typing import Any

from mtbert.claims.claim import Claim, Claims
from mtbert.claims.verdicts import Verdict
from mtbert.reporting.tables import number, signed
from mtbert.studies import tables
from mtbert.studies.budgets import Budget
from mtbert.studies.figures import study_pictures
from mtbert.studies.tables import StudyReport

METHOD = (
    "Effects are differences of scores over paired seeds and the same dev examples; intervals "
    "are 95 %, or 90 % where a claim is tested against a margin (TOST). p is corrected by Holm's "
    "method within each report."
)
SCORE_NOTE = (
    "On dev: printed, ours (mean ± standard deviation over seeds; in figures a circle a seed), "
    "difference. Diamonds are printed figures."
)
OVERALL_NOTE = " The printed overall has no known formula: ours is the mean of the three scores."
QUORA_NOTE = (
    "all-MiniLM-L6-v2 was pre-trained on Quora's questions, among much else: our para figures may "
    "be of pairs that the encoder has seen."
)
SMOKE_WARNING = "These figures mean nothing: a few steps of a tiny encoder, to test the pipeline."
ICONS = {"supported": "✔", "contradicted": "✘", "undecided": "≈"}
TESTED = {
    "greater": "{experiments} above {than}{by} in {metric}",
    "not_greater": "{experiments} not above {than} by {margin} in {metric}",
    "equal": "{experiments} within {margin} of {than} in {metric}",
    "range_below": "{experiments} within a range of {margin} in {metric}",
    "share_below": "{experiments}: share of negative cosines below {margin}",
    "like_single": "{experiments}: Δm against {single} within {margin} of 0",
    "explains": "from {start} to {end} the change in {first} brings more than that in {second}, "
    "in {metric}",
}


def studies_page(
    reports: Sequence[StudyReport],
    claims: Claims,
    verdicts: Mapping[str, Verdict],
    budgets: Mapping[str, Budget],
) -> dict[str, Any]:
    """What the templates studies.html, studies.md and, of each of `studies`, study.md show."""
    used = list(dict.fromkeys(name for report in reports for name in report.results.runs["budget"]))
    groups: dict[str, list[dict[str, Any]]] = {decision: [] for decision in ICONS}
    for name, claim in claims.claims.items():
        verdict = verdicts[name]
        row = {"claim": claim, "verdict": verdict, "tested": tested(claim)}
        row |= {"effect": effect(claim, verdict), "p": _p(verdict.p_holm)}
        groups[verdict.decision].append(row)
    return {
        "warnings": [SMOKE_WARNING] if "smoke" in used else [],
        "count": len(claims.claims),
        "icons": ICONS,
        "groups": groups,
        "method": METHOD,
        "caveats": list(
            _caveats(reports, {name: budgets[name] for name in used if name in budgets})
        ),
        "untested": claims.untested,
        "studies": [_study(report) for report in reports],
        "machine": tables.machine(reports),
    }


def tested(claim: Claim) -> str:
    """What was tested, in words."""
    names = {key: ", ".join(own) for key, own in claim.named.items()}
    names = {key: " and ".join(text.rsplit(", ", 1)) for key, text in names.items()}
    by = f" by more than {claim.margin}" if claim.margin else ""
    return TESTED[claim.kind].format(**names, by=by, metric=claim.metric, margin=claim.margin)


def effect(claim: Claim, verdict: Verdict) -> str:
    """The effect with its interval; empty where there is no number."""
    if verdict.effect is None:
        return ""
    text = number if claim.kind in ("share_below", "range_below") else signed
    values = (verdict.effect, verdict.low, verdict.high)
    mean, low, high = (text(nan if value is None else value) for value in values)
    return f"{mean} [{low}, {high}]"


def _p(value: float | None) -> str:
    return "< 0.001" if value is not None and value < 0.001 else number(value)


def _study(report: StudyReport) -> dict[str, Any]:
    """What the page shows of a study."""
    names = [f"{name}-{seed}" for name, seed in report.missing]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    extras = (tables.further(report), report.points)
    return {
        "name": report.name,
        "title": report.study.title,
        "missing": f"Not run yet: {', '.join(names[:8])}{more}." if names else "",
        "table": tables.comparison(report),
        "note": SCORE_NOTE + (OVERALL_NOTE if report.study.overall == "other" else ""),
        "pictures": study_pictures(report),
        "extras": [table for table in extras if table is not None and len(table)],
        "choices": report.study.choices,
    }


def _caveats(reports: Sequence[StudyReport], budgets: Mapping[str, Budget]) -> Iterator[str]:
    """What a reader must know of these runs, a sentence or a few each."""
    for name, budget in budgets.items():
        yield f"Budget {name}: {' '.join(budget.says.split())}."
        yield from (" ".join(limit.split()) for limit in budget.limits)
    encoders = {str(name) for report in reports for name in report.results.runs["encoder"]}
    if any("MiniLM" in name for name in encoders):
        yield QUORA_NOTE
    if baseline := tables.majority(reports):
        shares = ", ".join(f"{task} {number(share)}" for task, share in baseline.items())
        yield f"The majority-class baseline has an accuracy on dev of {shares}."
