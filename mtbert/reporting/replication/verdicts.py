"""The table of claims: what each says, what the runs say to it, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mtbert.reporting.comparison import Summary
from mtbert.reporting.replication.answers import Answers, Judged
from mtbert.reporting.tables import NONE, Table, number, signed, table

MULTIPLE = (
    "Of many claims that are judged at once, each at 5 %, some get a verdict by chance alone. So p "
    "is corrected by Holm's method over all claims with two seeds or more, which keeps the chance "
    "of even one wrong verdict among them near 5 %, and the verdict is the corrected one; the "
    "interval is not corrected. A claim with one seed gets no verdict."
)
POOLED = (
    "A few seeds tell little of how much a row varies from one to another. So intervals and p lend "
    "each claim what others on the same metric vary by (empirical Bayes, Smyth 2004; simulated in "
    "mtbert/claims/moderation.py: any wrong verdict in 2 to 6 % of families, most where some row "
    "collapses). By each claim's own seeds alone, {kept} of the {all} verdicts would stand after "
    "the correction; where one would not, its line says so."
)
BUDGET = (
    "A verdict is on the runs that were made here, at the budget above; what the report trained, "
    "longer and with another encoder, may differ."
)
RULE = (
    "An effect is a difference of scores unless the claim says otherwise; n is the number of dev "
    "examples of each task that it is measured on."
)
ICONS = {"supported": "✔", "contradicted": "✘", "not decidable": "≈", "not run": "○"}
METRICS = {
    "sst": "sst accuracy",
    "para": "para accuracy",
    "sts": "sts Pearson r",
    "mean": "the mean score",
    "leaderboard": "the leaderboard score",
    "sst_macro_f1": "sst macro F1",
    "para_f1": "para F1",
}
UNDECIDED = "not decidable"
REACH = 0.1  # of the small figures, to either side
WIDTH, HEIGHT = 168, 18  # of the small figures


@dataclass(frozen=True)
class Small:
    """Where the parts of a small figure lie, in its own units."""

    low: float
    high: float
    effect: float
    margins: tuple[float, ...]
    cut_low: bool  # whether the interval goes on beyond the figure
    cut_high: bool


@dataclass(frozen=True)
class Line:
    """A claim as it is shown."""

    name: str
    study: str
    verdict: str
    says: str
    test: str  # what was tested
    effect: str
    interval: str
    p: str
    p_holm: str
    examples: str
    seeds: str
    notes: tuple[str, ...]
    small: Small | None

    @property
    def icon(self) -> str:
        """The sign that stands beside the verdict's word."""
        return ICONS[self.verdict]


def lines(answers: Answers) -> dict[str, list[Line]]:
    """All claims, by study, in the order of the file."""
    found: dict[str, list[Line]] = {}
    for name, claim in answers.claims.items():
        found.setdefault(claim.study, []).append(_line(name, claim))
    return found


def counts(answers: Answers) -> dict[str, int]:
    """How many claims got each verdict."""
    found = [line.verdict for own in lines(answers).values() for line in own]
    return {verdict: found.count(verdict) for verdict in ICONS if verdict in found}


def pooled(answers: Answers) -> str:
    """What verdicts owe to the variances that claims lend each other; empty where there is none."""
    decided = [one for one in answers.claims.values() if one.verdict != UNDECIDED]
    kept = sum(one.own_verdict == one.verdict for one in decided)
    return POOLED.format(kept=number(kept), all=number(len(decided))) if decided else ""


def _own(claim: Judged) -> str:
    """What a verdict's own seeds say where that is less."""
    if claim.verdict in (UNDECIDED, claim.own_verdict):
        return ""
    low, high = (_effect(claim, value) for value in (claim.own_low, claim.own_high))
    return f"by its own seeds alone {low} to {high}, {claim.own_verdict} after the correction"


def claim_table(own: list[Line]) -> Table:
    """Claims of a study."""
    header = ["verdict", "claim", "effect", "95 % interval", "p", "p, Holm", "n", "seeds"]
    rows = [
        [
            f"{one.icon} {one.verdict}",
            "<br>".join([one.says, one.test, *one.notes]),
            one.effect,
            one.interval,
            one.p,
            one.p_holm,
            one.examples,
            one.seeds,
        ]
        for one in own
    ]
    return table("Claims", header, rows, prose=True)


def _line(name: str, claim: Judged) -> Line:
    known = claim.effect is not None
    return Line(
        name=name,
        study=claim.study,
        verdict="not run" if claim.missing else claim.verdict,
        says=claim.says,
        test=tested(claim),
        effect=_effect(claim, claim.effect),
        interval=f"{_effect(claim, claim.low)} to {_effect(claim, claim.high)}" if known else NONE,
        p=chance(claim.p),
        p_holm=chance(claim.p_holm),
        examples=", ".join(f"{task} {number(n)}" for task, n in claim.examples.items()) or NONE,
        seeds=number(len(claim.seeds)) if claim.seeds else NONE,
        notes=tuple(
            note for note in (claim.note.strip().rstrip("."), claim.answer, _own(claim)) if note
        ),
        small=_small(claim),
    )


def tested(claim: Judged) -> str:
    """What was tested, in words."""
    rows: Mapping[str, str] = {key: _listed(names) for key, names in claim.rows.items()}
    metric = METRICS.get(claim.metric, claim.metric)
    margin = number(claim.margin, 2)
    match claim.kind:
        case "greater":
            by = f" by more than {margin}" if claim.margin else ""
            return f"{rows['rows']} above {rows['than']}{by} in {metric}"
        case "not_greater":
            return f"{rows['rows']} not above {rows['than']} by {margin} in {metric}"
        case "equal":
            return f"{rows['rows']} within {margin} of {rows['than']} in {metric}"
        case "range_below":
            return f"{rows['rows']} within a range of {margin} in {metric}"
        case "share_below":
            return f"{rows['row']}: share of negative cosines below {margin}"
        case "like_single":
            return f"{rows['row']}: Δm within {margin} of 0"
        case "explains":
            return (
                f"from {rows['start']} to {rows['end']}, what {rows['first']} changes brings more "
                f"than what {rows['second']} changes, in {metric}"
            )
    raise ValueError(claim.kind)


def _listed(names: Sequence[str]) -> str:
    *more, last = names
    return f"{', '.join(more)} and {last}" if more else last


def chance(p: float | None) -> str:
    """A p, as far as it is told apart."""
    return "< 0.001" if p is not None and p < 0.001 else number(p)


def _effect(claim: Judged, value: float | None) -> str:
    if value is None:
        return NONE
    plain = claim.kind in ("share_below", "range_below")
    return number(value) if plain else signed(Summary(value, None))


def _small(claim: Judged) -> Small | None:
    if claim.effect is None or claim.low is None or claim.high is None:
        return None
    two_sided = claim.kind in ("equal", "like_single")
    margin = claim.margin or 0.0
    margins = (-margin, margin) if two_sided else (margin,) if margin else ()
    return Small(
        low=_place(claim.low),
        high=_place(claim.high),
        effect=_place(claim.effect),
        margins=tuple(map(_place, margins)),
        cut_low=claim.low < -REACH,
        cut_high=claim.high > REACH,
    )


def _place(value: float) -> float:
    """Where a value lies from left to right; what is farther than the reach lies at the edge."""
    half = WIDTH / 2
    return round(half + max(-1.0, min(1.0, value / REACH)) * (half - 8), 1)
