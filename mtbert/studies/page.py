"""What the studies' page shows, in HTML and in Markdown: answers, caveats, then each study."""

from collections.abc import Iterator, Mapping, Sequence
from math import inf, nan
from typing import Any

from mtbert.claims.claim import Claim, Claims
from mtbert.claims.power import Variances, achieved, detectable, family_sizes, power
from mtbert.claims.verdicts import LEVELS, Verdict
from mtbert.reporting.tables import NONE, number, signed
from mtbert.studies import tables
from mtbert.studies.budgets import Budget
from mtbert.studies.figures import study_pictures
from mtbert.studies.tables import StudyReport

METHOD = (
    "Primary claims alone get a verdict; claims.yaml named them, with margin, metric and seeds, "
    "before the runs. Effects are differences of scores over paired seeds and the same dev "
    "examples. That one experiment is above another is tested on both sides, with intervals of "
    "95 %; all else on one side, or by two one-sided tests where a difference must be within a "
    "margin, with intervals of 90 %. Intervals are not corrected for the number of claims; p is, "
    "by Holm's method over all primary claims of a report, also those without runs yet. More runs "
    "can decide a claim that is open, but turn no verdict."
)
POWER_NOTE = (
    "Power is the chance that a claim is found to hold, at the strictest step of Holm's method: of "
    "a claim of no difference where the true difference is 0, of others the least true difference "
    "with a power of 0.8. It was planned from the variances of earlier, shorter runs "
    "(variances.csv); where all runs are made it is what they had, by their standard error. Of a "
    "claim on several pairs it is that of one pair, and too high; shares of conflicts have none."
)
SECONDARY_NOTE = (
    "Effect and interval, no verdict and no p: of many such intervals some miss. With one seed the "
    "interval is of the dev examples alone."
)
EPOCH_NOTE = (
    "Each run keeps the epoch that scores best on dev: an experiment of one task by that task, the "
    "others by the mean of theirs. Scores of trained tasks are a little too high for it, those of "
    "one task alone by more."
)
DECIDES = (
    "They get no verdict here. For effect and interval with BERT set `budget: paper` in "
    "params.yaml and, on a machine with a GPU, run `mtbert studies missing --claim NAME | xargs "
    "mtbert run`, `mtbert studies collect --replace REPORT` and `dvc repro claims page`. "
    "`--replace` drops the report's kept runs of other budgets: work in a branch."
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
ANSWERS = {"supported": "holds", "contradicted": "does not hold", "undecided": "is open"}
COUNTED = {"supported": "hold", "contradicted": "do not hold", "undecided": "open"}
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
    variances: Mapping[tuple[str, str], Variances],
) -> dict[str, Any]:
    """What the templates studies.html, studies.md and, of each of `studies`, study.md show."""
    used = list(dict.fromkeys(name for report in reports for name in report.results.runs["budget"]))
    families = family_sizes(claims.claims)
    groups: dict[str, list[dict[str, Any]]] = {decision: [] for decision in ICONS}
    others: dict[str, list[dict[str, Any]]] = {"undecidable": [], "secondary": []}
    for name, claim in claims.claims.items():
        row = claim_row(name, claim, verdicts[name])
        if claim.seeds:
            own = variances.get((claim.study, claim.metric))
            row["power"] = power_text(claim, verdicts[name], own, family=families[claim.study])
            groups[verdicts[name].decision].append(row)
        else:
            others["undecidable" if claim.undecidable else "secondary"].append(row)
    caveats = _caveats(reports, {name: budgets[name] for name in used if name in budgets})
    return {
        "warnings": [SMOKE_WARNING] if "smoke" in used else [],
        "count": len(claims.primary),
        "icons": ICONS,
        "answers": ANSWERS,
        "counted": COUNTED,
        "groups": groups,
        **others,
        "method": f"{METHOD} {POWER_NOTE}",
        "decides": DECIDES,
        "secondary_note": SECONDARY_NOTE,
        "caveats": list(caveats),
        "untested": claims.untested,
        "studies": [_study(report) for report in reports],
        "machine": tables.machine(reports),
    }


def claim_row(name: str, claim: Claim, verdict: Verdict) -> dict[str, Any]:
    """What the page shows of a claim; `answer` says it, with its figure or why there is none."""
    own = effect(claim, verdict)
    decided = verdict.decision in ("supported", "contradicted")
    reason = "" if decided else verdict.reason
    row = {"name": name, "claim": claim, "verdict": verdict, "tested": tested(claim)}
    if own:
        count = len(verdict.seeds)
        lacking = claim.seeds is not None and count < claim.seeds  # which the reason tells
        seeds = "" if lacking else f"{count} seed{'s' if count > 1 else ''}"
        facts = "; ".join(filter(None, (f"tested: {row['tested']}", seeds, reason)))
        figure = f"{own} ({facts})"
    else:
        figure = reason
    answer = f"{claim.says.rstrip('.')}: {figure}."
    return row | {"effect": own, "answer": answer, "p": _p(verdict.p_holm)}


def power_text(claim: Claim, verdict: Verdict, variances: Variances | None, *, family: int) -> str:
    """The power of a primary claim, with the true difference that it is of."""
    if claim.kind == "share_below":
        return NONE
    at_zero = claim.kind not in LEVELS
    if len(verdict.seeds) == claim.seeds and verdict.se is not None:
        had = achieved(claim, se=verdict.se, df=verdict.df or inf, family=family)
        return f"{had:.2f} at 0" if at_zero else f"0.8 at {signed(had)}"
    if variances is None:
        return NONE
    if at_zero:
        return f"planned: {power(claim, variances, truth=0, family=family):.2f} at 0"
    return f"planned: 0.8 at {signed(detectable(claim, variances, family=family))}"


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
    return mean if verdict.low is None else f"{mean} [{low}, {high}]"


def _p(value: float | None) -> str:
    return "< 0.001" if value is not None and value < 0.001 else number(value)


def _study(report: StudyReport) -> dict[str, Any]:
    """What the page shows of a study."""
    names = [f"{name}-{seed}" for name, seed in report.missing]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    further = tables.further(report)
    return {
        "name": report.name,
        "title": report.study.title,
        "missing": f"Not run yet: {', '.join(names[:8])}{more}." if names else "",
        "table": tables.comparison(report),
        "note": SCORE_NOTE + (OVERALL_NOTE if report.study.overall == "other" else ""),
        "pictures": study_pictures(report),
        "further": further if len(further) else None,
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
    for report in reports:
        groups = report.results.runs.groupby("precision")["strategy"].unique()
        if len(groups) > 1:
            names = " and ".join(f"in {key} ({', '.join(own)})" for key, own in groups.items())
            yield f"{report.name} has runs {names}: differences between these include rounding."
    if budgets:
        yield EPOCH_NOTE
    if baseline := tables.majority(reports):
        shares = ", ".join(f"{task} {number(share)}" for task, share in baseline.items())
        yield f"The majority-class baseline has an accuracy on dev of {shares}."
