"""Verdicts on claims: tests against the margin, corrected by Holm's method within each report.

Each pair of experiments that a claim compares has an estimate (`mtbert.claims.estimates`):

| kind | supported if | contradicted if | interval |
|---|---|---|---|
| greater, explains | effect above margin or 0, two-sided test | below it | 95 % |
| not_greater, share_below | below the margin, one-sided test | above it | 90 % |
| equal, range_below, like_single | above −margin and below margin (TOST) | beyond either | 90 % |

TOST are two one-sided tests (Schuirmann 1987): at 5 % each, the 90 % interval lies within the
margins. A claim over several pairs is supported if every pair's test says so (an intersection-union
test, no correction needed), and contradicted if any pair's does, with Bonferroni's correction over
the pairs. The effect shown is the one that decides: of several the least, or for the other kinds
the largest; its interval is not corrected for that choice.

Primary claims alone get a verdict, from the first so many seeds of their experiments. Holm (1979)
over those of a report keeps the chance of even one wrong verdict in it at 5 %. An effect that is no
number, runs that predict the same, missing seeds, or runs of one seed in two precisions leave a
claim undecided. Of all other claims there is the effect with its interval, no p.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product
from math import isfinite
from typing import Literal

import numpy as np

from mtbert.claims.claim import Claim
from mtbert.claims.estimates import Estimate, estimate, share
from mtbert.claims.scores import Evidence, NotTestableError
from mtbert.core.params import Settings

Decision = Literal["supported", "contradicted", "undecided", "secondary"]
ALPHA = 0.05
LEVELS = {"greater": 0.95, "explains": 0.95}  # of the others 0.90


class Verdict(Settings):
    """What the runs show about a claim; None where there is no number."""

    decision: Decision = "undecided"
    reason: str  # of this decision
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95  # of the interval from low to high, not corrected
    se: float | None = None
    df: float | None = None  # degrees of freedom; None also where they are infinite
    p: float | None = None  # of the smaller side
    p_holm: float | None = None
    seeds: tuple[int, ...] = ()


@dataclass(frozen=True)
class TestResult:
    """The p-values of both sides, and the estimate that is shown."""

    shown: Estimate
    support: float
    against: float

    @property
    def side(self) -> Decision:
        """Where the evidence points."""
        return "supported" if self.support <= self.against else "contradicted"

    @property
    def p(self) -> float:
        """The smaller p; NaN if either is."""
        finite = isfinite(self.support + self.against)
        return min(self.support, self.against) if finite else float("nan")


def judge(claims: Mapping[str, Claim], studies: Mapping[str, Evidence]) -> dict[str, Verdict]:
    """Judge claims, the primary ones of each report together."""
    verdicts: dict[str, Verdict] = {}
    tests: dict[str, TestResult] = {}
    for name, claim in claims.items():
        decision: Decision = "undecided" if claim.seeds else "secondary"
        try:
            if claim.study not in studies:
                raise NotTestableError(f"no results of {claim.study}")
            test = judge_claim(claim, studies[claim.study])
        except NotTestableError as error:
            verdicts[name] = Verdict(decision=decision, reason=str(error))
            continue
        reason = undecided_reason(claim, test, studies[claim.study])
        verdicts[name] = _described(claim, test, decision, reason)
        if claim.seeds and not verdicts[name].reason:
            tests[name] = test
    for study in {claims[name].study for name in tests}:
        own = {name: test for name, test in tests.items() if claims[name].study == study}
        family = sum(claim.study == study and bool(claim.seeds) for claim in claims.values())
        # Claims whose runs are still to be made count, too: they can turn no verdict, and only
        # decide what is open.
        values = [test.p for test in own.values()] + [1.0] * (family - len(own))
        for name, p in zip(own, holm(values), strict=False):
            verdicts[name] = _decided(verdicts[name], own[name], p, family)
    return {name: verdicts[name] for name in claims}


def holm(values: list[float]) -> list[float]:
    """p-values corrected by Holm's method."""
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in multipletests(values, method="holm")[1]]


def judge_claim(claim: Claim, evidence: Evidence) -> TestResult:
    """Test a claim by itself.

    Raises:
        NotTestableError: its experiments lack runs, seeds in common, or what the claim is about.
    """
    margin = claim.margin or 0.0
    match claim.kind:
        case "share_below":
            hits = evidence.conflicts(claim.experiments[0])
            seeds = evidence.seeds(claim.experiments[0], limit=claim.seeds)
            hits = {seed: hits[seed] for seed in seeds if seed in hits}
            return _below([share(hits, margin)], margin)
        case "explains":
            return _explained(claim, evidence)
        case "like_single":
            seeds = evidence.seeds(*claim.all_named, limit=claim.seeds)
            gains = relative_gains(evidence, claim.experiments[0], claim.single, seeds)
            return _within([estimate(gains, seeds)], margin)
        case "range_below":
            pairs = _effects(evidence, claim, combinations(claim.experiments, 2))
            return _within([replace(e, effect=abs(e.effect)) for e in pairs], margin)
    effects = _effects(evidence, claim, product(claim.experiments, claim.than))
    return {"greater": _above, "not_greater": _below, "equal": _within}[claim.kind](effects, margin)


def relative_gains(
    evidence: Evidence, experiment: str, single: Mapping[str, str], seeds: tuple[int, ...]
) -> np.ndarray:
    """Δm: mean over tasks of an experiment's relative gain over single-task runs, (1 + draw, seed).

    Maninis, Radosavovic & Kokkinos (2019), "Attentive single-tasking of multiple tasks", CVPR,
    eq. 1 there: 1 / T · Σ_t (M_t − S_t) / S_t; all our scores are better where larger. As a share.

    Args:
        evidence: The study's.
        experiment: The multi-task experiment.
        single: For each task, the experiment that trained it alone.
        seeds: The seeds.

    Raises:
        NotTestableError: a single-task score is not above 0.
    """
    gains = []
    for task, name in single.items():
        base = evidence.scores(name, task, seeds)
        if (least := base[0].min()) <= 0:
            raise NotTestableError(
                f"Δm needs single-task scores above 0; {name}: {task} {least:.3f}"
            )
        gains.append(evidence.scores(experiment, task, seeds) / base - 1)
    return np.asarray(sum(gains[1:], gains[0]) / len(gains))


def _effects(evidence: Evidence, claim: Claim, pairs: Iterable[tuple[str, str]]) -> list[Estimate]:
    """Mean over paired seeds of score(first) − score(second)."""
    seeds = evidence.seeds(*claim.all_named, limit=claim.seeds)
    scores = {name: evidence.scores(name, claim.metric, seeds) for name in claim.all_named}
    return [estimate(scores[first] - scores[second], seeds) for first, second in pairs]


def _above(effects: list[Estimate], margin: float) -> TestResult:
    support = np.max([2 * e.above(margin) for e in effects])
    against = np.min([2 * e.below(margin) for e in effects]) * len(effects)
    return _show(effects, [e.effect for e in effects], support, against)


def _below(effects: list[Estimate], margin: float) -> TestResult:
    support = np.max([e.below(margin) for e in effects])
    against = np.min([e.above(margin) for e in effects]) * len(effects)
    return _show(effects, [-e.effect for e in effects], support, against)


def _within(effects: list[Estimate], margin: float) -> TestResult:
    support = np.max([(e.below(margin), e.above(-margin)) for e in effects])
    beyond = np.min([(e.above(margin), e.below(-margin)) for e in effects])
    sizes = [-abs(e.effect) for e in effects]
    return _show(effects, sizes, support, 2 * len(effects) * beyond)


def _show(effects: list[Estimate], keys: list[float], support: float, against: float) -> TestResult:
    """Show the effect with the smallest key; NumPy puts NaN before all."""
    return TestResult(effects[int(np.argmin(keys))], float(min(support, 1)), float(min(against, 1)))


def _explained(claim: Claim, evidence: Evidence) -> TestResult:
    """Compare two changes' effects, each averaged over the other change being made or not.

    These are ((first − start) + (end − second)) / 2 and ((second − start) + (end − first)) / 2;
    they add up to the gain end − start, and their difference is first − second.
    """
    pairs = [(claim.first, claim.second), (claim.end, claim.start)]
    lead, gain = _effects(evidence, claim, pairs)
    sides = [2 * np.max([side, gain.above(0)]) for side in (lead.above(0), lead.below(0))]
    return _show([lead], [lead.effect], *sides)


def undecided_reason(claim: Claim, test: TestResult, evidence: Evidence) -> str:
    """Why a claim stays undecided whatever its p; empty where it may be decided."""
    shown = test.shown
    if not isfinite(shown.effect):
        return "the effect is not a number: a score is undefined (constant predictions?)"
    if claim.seeds and len(shown.seeds) < claim.seeds:
        return f"{len(shown.seeds)} of {claim.seeds} seeds"
    if claim.seeds and (mixed := evidence.precisions(claim.all_named, shown.seeds)):
        return (
            f"runs of one seed are in {' and in '.join(mixed)}, and differ by rounding too; "
            "expected all of them anew in one precision"
        )
    if not isfinite(test.p):
        return "no variance: the compared runs predict the same"
    return ""


def _described(claim: Claim, test: TestResult, decision: Decision, reason: str) -> Verdict:
    shown, level = test.shown, LEVELS.get(claim.kind, 0.9)
    low, high = shown.interval(level)
    numbers = {"effect": shown.effect, "low": low, "high": high, "se": shown.se, "df": shown.df}
    if claim.seeds and not reason:
        numbers["p"] = test.p
    finite = {key: value for key, value in numbers.items() if isfinite(value)}
    verdict = Verdict(decision=decision, reason=reason, level=level, seeds=shown.seeds)
    return verdict.model_copy(update=finite)


def _decided(verdict: Verdict, test: TestResult, p: float, count: int) -> Verdict:
    changes: dict[str, object] = {"p_holm": p}
    if p < ALPHA:
        changes |= {"decision": test.side, "reason": "significant after Holm's correction"}
    elif test.p < ALPHA:
        changes["reason"] = f"{test.side} alone, not after Holm's correction over {count} claims"
    else:
        changes["reason"] = "neither side is significant"
    return verdict.model_copy(update=changes)
