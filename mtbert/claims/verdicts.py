"""From claims and runs to verdicts, each alone and all together.

`mtbert.claims.findings` has what speaks for and against each kind of claim.

**Multiple testing.** Of 40 claims about effects that are all 0, each tested at 5 %, some two get a
verdict by chance alone. Claims that are judged together are therefore corrected by Holm's method
(1979, Scandinavian Journal of Statistics 6): the chance of even one wrong verdict among them stays
below 5 %. What it is given of each claim is the p of the test behind its verdict (of one that is
not decidable: the smaller of the two). So a verdict can only be lost by the correction, never
turned: what stands after it stood before.

**One seed.** What rows would do with another seed cannot be known from one. The effect and its
interval are given, the latter with a variance lent by other claims (`mtbert.claims.moderation`
has what that is worth), but such a claim is not decidable and does not count among those corrected
for.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from mtbert.claims.estimates import LEVEL, Estimate
from mtbert.claims.findings import Finding, measure, weigh
from mtbert.claims.moderation import moderate
from mtbert.claims.quantities import Share
from mtbert.claims.resampling import DRAWS
from mtbert.claims.runs import Runs, UnansweredError
from mtbert.claims.settings import Claim
from mtbert.core.params import Settings

Verdict = Literal["supported", "contradicted", "not decidable"]
ALPHA = 1 - LEVEL
SEEDS = 2  # at least, for a verdict

SMALL = "there is a difference, but one below the margin"
OPEN = "there is a difference; whether it exceeds the margin is open"


class Answer(Settings):
    """What the runs say to a claim; None where there are no runs to say anything."""

    verdict: Verdict  # after the correction over all claims
    alone: Verdict  # of this claim by itself
    effect: float | None = None
    low: float | None = None  # of the 95 % interval, not corrected
    high: float | None = None
    p: float | None = None  # of the test behind the verdict `alone`; None of one seed
    p_holm: float | None = None
    # Dev examples by task; of a share of events, their number.
    examples: dict[str, int] = Field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()  # rows without a run
    note: str = ""
    # The same by the claim's own seeds, without the variances that other claims lend it.
    own_verdict: Verdict = "not decidable"
    own_low: float | None = None
    own_high: float | None = None


def judge(
    claims: Mapping[str, Claim],
    studies: Mapping[str, Mapping[str, Runs]],
    *,
    draws: int = DRAWS,
) -> dict[str, Answer]:
    """Answer claims together.

    Args:
        claims: By name.
        studies: For each study the runs of its rows; rows may be missing.
        draws: Draws of the dev examples.

    Returns:
        An answer to each claim, corrected over all those with runs of two seeds or more.

    Raises:
        InputError: runs to be compared answered different examples.
    """
    measured: dict[str, tuple[Estimate, ...] | Share] = {}
    alone: dict[str, Answer] = {}
    for name, claim in claims.items():
        rows = studies.get(claim.study, {})
        missing = tuple(n for names in claim.named.values() for n in names if not rows.get(n))
        try:
            if missing:
                raise UnansweredError(f"no runs of {', '.join(missing)}")
            measured[name] = measure(claim, rows, draws=draws)
        except UnansweredError as error:
            found = Answer(verdict="not decidable", alone="not decidable", missing=missing)
            alone[name] = found.model_copy(update={"note": str(error)})
    answers = alone | _together(claims, _moderated(claims, measured))
    for name, own in _together(claims, measured).items():
        changes = {"own_verdict": own.verdict, "own_low": own.low, "own_high": own.high}
        answers[name] = answers[name].model_copy(update=changes)
    return {name: answers[name] for name in claims}


def _together(
    claims: Mapping[str, Claim], measured: Mapping[str, tuple[Estimate, ...] | Share]
) -> dict[str, Answer]:
    """Answer claims that there is something to say to, and correct for their number."""
    alone = {name: _alone(weigh(claims[name], one)) for name, one in measured.items()}
    judged = {name: one.p for name, one in alone.items() if one.p is not None}
    corrected = dict(zip(judged, holm(list(judged.values())), strict=True))
    return {name: _corrected(one, corrected.get(name), len(judged)) for name, one in alone.items()}


def holm(values: Sequence[float]) -> list[float]:
    """Holm's step-down correction of p-values: (m − k) times the k-th smallest, never falling."""
    order = sorted(range(len(values)), key=values.__getitem__)
    corrected, largest = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        corrected[place] = largest
    return corrected


def decide(support: float, against: float) -> tuple[Verdict, float]:
    """The verdict that the p of either side leads to, and the p that Holm's method is given."""
    if support < ALPHA:
        return "supported", support
    if against < ALPHA:
        return "contradicted", against
    return "not decidable", min(support, against)


def _moderated(
    claims: Mapping[str, Claim], measured: Mapping[str, tuple[Estimate, ...] | Share]
) -> dict[str, tuple[Estimate, ...] | Share]:
    """The same with each metric's variances moderated; effects lie where they lay."""
    effects = {name: parts for name, parts in measured.items() if not isinstance(parts, Share)}
    found = dict(measured)
    for metric in {claims[name].metric for name in effects}:
        chosen = [name for name in effects if claims[name].metric == metric]
        studies = [claims[name].study for name in chosen for _ in effects[name]]
        parts = moderate([part for name in chosen for part in effects[name]], studies)
        rest = iter(parts)
        found |= {name: tuple(next(rest) for _ in effects[name]) for name in chosen}
    return found


def _alone(found: Finding) -> Answer:
    low, high = found.quantity.interval()
    verdict: Verdict = "not decidable"
    p, small = None, ""
    if len(found.seeds) >= SEEDS:
        verdict, p = decide(found.support, found.against)
        if found.there < ALPHA and verdict != "contradicted":
            small = SMALL if verdict == "supported" else OPEN
    return Answer(
        verdict=verdict,
        alone=verdict,
        effect=found.quantity.effect,
        low=low,
        high=high,
        p=p,
        examples=dict(found.examples),
        seeds=found.seeds,
        note="; ".join(filter(None, [found.note, small])),
    )


def _corrected(answer: Answer, p: float | None, count: int) -> Answer:
    changes: dict[str, object] = {"p_holm": p}
    if p is not None and p >= ALPHA and answer.alone != "not decidable":
        lost = f"{answer.alone} by itself, not after the correction over {count} claims"
        kept = answer.note.replace(SMALL, OPEN)
        changes |= {"verdict": "not decidable", "note": "; ".join(filter(None, [kept, lost]))}
    return answer.model_copy(update=changes)
