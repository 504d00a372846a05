"""What speaks for a claim and what against it, each as a p.

A claim is supported, contradicted, or not decidable with these runs on these examples. It names
what the quantity at stake must reach, and each side has its own null hypothesis:

| kind | supported if the 95 % interval lies | contradicted if it lies |
|---|---|---|
| greater | above the margin, 0 where there is none | below it |
| not_greater | below the margin | above it |
| equal, like_single | between −margin and margin | beyond either |
| range_below, share_below | below the margin | above it |
| explains | above 0, as does that of the gain itself | below 0, that of the gain above it |

A difference that is there does not by itself speak against `not_greater` or `equal`: it must
exceed the margin. Where it is there and does not, or not surely, the answer says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mtbert.claims.estimates import LEVEL, Estimate, Quantity
from mtbert.claims.paired import contrast, delta_m, differences, pairwise
from mtbert.claims.quantities import Least, Most, Share, Widest
from mtbert.claims.resampling import METRICS, resample
from mtbert.claims.runs import Runs, UnansweredError
from mtbert.claims.settings import (
    Claim,
    Comparison,
    Equal,
    Explains,
    Greater,
    LikeSingle,
    NotGreater,
    RangeBelow,
    ShareBelow,
)

ONE_SEED = "one seed, too few to judge: the interval covers the choice of dev examples alone"
BORROWED = (
    "one seed, too few to judge: how effects vary with it the interval takes from the other claims "
    "on this metric"
)
ONE_RUN = "one run, too few to judge: events count as independent, which neighbouring steps are not"
NO_GAIN = "no clear gain to explain"


@dataclass(frozen=True)
class Finding:
    """What a claim is about, and the p of either side, for it and against it."""

    quantity: Quantity
    support: float
    against: float
    examples: Mapping[str, int]
    seeds: tuple[int, ...]
    note: str = ""
    there: float = 1.0  # p of no difference at all, of a claim that there is none worth speaking of


def measure(claim: Claim, rows: Mapping[str, Runs], *, draws: int) -> tuple[Estimate, ...] | Share:
    """What a claim is judged by, from the runs of its study's rows on draws of the dev examples.

    Raises:
        UnansweredError: they have no seed in common, or lack what the claim is about.
        InputError: they answered different examples.
    """
    match claim:
        case Comparison():
            return tuple(differences(rows, claim.rows, claim.than, claim.metric, draws=draws))
        case RangeBelow():
            return tuple(pairwise(rows, claim.rows, claim.metric, draws=draws))
        case LikeSingle():
            single = {task: rows[name] for task, name in claim.single.items()}
            return (delta_m(rows[claim.row], single, draws=draws),)
        case Explains():
            names = [name for (name,) in claim.named.values()]
            scored = resample({n: rows[n] for n in names}, METRICS[claim.metric], draws=draws)
            changes = (claim.first, claim.second), (claim.end, claim.start)
            return tuple(contrast(scored, {one: 1, base: -1}) for one, base in changes)
        case ShareBelow():
            return _events(claim, rows[claim.row])


def weigh(claim: Claim, measured: tuple[Estimate, ...] | Share) -> Finding:
    """Weigh a claim by what `measure` found, moderated or not."""
    if isinstance(measured, Share):
        return _share(claim, measured)
    part, several = measured[0], len(measured) > 1
    match claim:
        case Greater():
            quantity: Quantity = Least(measured) if several else part
            bound = claim.margin or 0.0
            return _of(part, quantity, quantity.above(bound), quantity.below(bound))
        case NotGreater():
            quantity = Most(measured) if several else part
            sides = quantity.below(claim.margin), quantity.above(claim.margin)
            return replace(_of(part, quantity, *sides), there=quantity.above(0))
        case Equal() | LikeSingle():
            quantity = Widest(measured) if several else part
            within = max(quantity.below(claim.margin), quantity.above(-claim.margin))
            beyond = min(quantity.above(claim.margin), quantity.below(-claim.margin))
            there = min(quantity.above(0), quantity.below(0))
            return replace(_of(part, quantity, within, beyond), there=there)
        case RangeBelow():
            widest = Widest(measured)
            return _of(part, widest, widest.below(claim.margin), widest.above(claim.margin))
        case Explains():
            return _explained(*measured)
    raise TypeError(claim)


def _of(part: Estimate, quantity: Quantity, support: float, against: float) -> Finding:
    note = BORROWED if len(part.seeds) == 1 else ""
    note = ONE_SEED if part.covers == "examples" else note
    return Finding(quantity, support, against, part.examples, part.seeds, note)


def _explained(lead: Estimate, gain: Estimate) -> Finding:
    """Compare two changes' effects, each averaged over the other change being made or not.

    These are ((first − start) + (end − second)) / 2 and ((second − start) + (end − first)) / 2;
    they add up to the gain end − start, and their difference is first − second.
    """
    there = gain.above(0)
    found = _of(lead, lead, max(lead.above(0), there), max(lead.below(0), there))
    if there < 1 - LEVEL:
        return found
    return replace(found, note="; ".join(filter(None, [found.note, NO_GAIN])))


def _events(claim: ShareBelow, runs: Runs) -> Share:
    events = {seed: run.conflicts for seed, run in sorted(runs.items()) if run.conflicts}
    events = {seed: counts for seed, counts in events.items() if counts[1]}
    if not events:
        raise UnansweredError(f"{claim.row}: no step was sampled in which task gradients met")
    return Share(events)


def _share(claim: Claim, share: Share) -> Finding:
    if not isinstance(claim, ShareBelow):
        raise TypeError(claim)
    note = ONE_RUN if len(share.events) == 1 else ""
    sides = share.below(claim.margin), share.above(claim.margin)
    return Finding(share, *sides, {"events": share.total}, tuple(share.events), note)
