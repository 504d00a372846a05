"""A family of claims, simulated; `python -m tests.claims.family` prints the table of moderation.

Five studies of eight rows each: every row is compared with the first of its study and with the next
one, so that effects share rows. A row's score is its truth, plus what the seed does to it (0.3
correlated between rows, which share seeds), plus what the examples do, alike for all seeds, and
anew with each. The spread of seeds is one for all rows, or differs between them. Holm's method goes
over all comparisons with a first row, 35, or as many of them as have more than one seed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from mtbert.claims.estimates import Estimate
from mtbert.claims.moderation import moderate
from mtbert.claims.verdicts import SEEDS, holm

STUDIES, ROWS = 5, 8
PAIRED = 0.3
# Standard deviations over the examples, of 1,000 of them: alike for all seeds, anew with each.
COMMON, ANEW = 0.009, 0.012
PAIRS = [(0, row) for row in range(1, ROWS)] + [(row, row + 1) for row in range(1, ROWS - 1)]
TESTED = [(study, pair) for study in range(STUDIES) for pair in range(ROWS - 1)]

# What a row's spread is a multiple of, and how often; "unstable" is a row in twenty.
SPREADS = {
    "equal": ((1.0, 1.0),),
    "three": ((1.0, 0.5), (3.0, 0.5)),
    "unstable": ((1.0, 0.95), (10.0, 0.05)),
}


@dataclass(frozen=True)
class World:
    """What is simulated: `gap` is what half of the rows have above the others."""

    spreads: str
    spread: float = 0.01
    gap: float = 0.0
    seeds: int = 3
    single: float = 0.0  # share of the comparisons with one seed alone


@dataclass(frozen=True)
class Outcome:
    """Of many worlds: what single intervals hold, and what Holm's method decides."""

    held: float  # share of intervals of several seeds that hold the truth
    held_single: float  # of those of one seed
    half_width: float  # mean, of several seeds
    wrong: float  # share of worlds with any wrong verdict
    power: float  # share of the real differences that are found


Judge = Callable[[Sequence[Estimate], Sequence[str]], Sequence[Estimate]]


def draw(world: World, random: np.random.Generator) -> tuple[list[list[Estimate]], np.ndarray]:
    """Effects of each study's pairs, and the truth (study, pair)."""
    factors, shares = zip(*SPREADS[world.spreads], strict=True)
    spreads = world.spread * random.choice(factors, p=shares, size=(STUDIES, ROWS, 1))
    rows = world.gap * (random.random((STUDIES, ROWS)) < 0.5)
    size = (STUDIES, ROWS, world.seeds)
    common = random.normal(size=(STUDIES, 1, world.seeds))
    noise = spreads * (sqrt(PAIRED) * common + sqrt(1 - PAIRED) * random.normal(size=size))
    noise += ANEW * random.normal(size=size) + COMMON * random.normal(size=(STUDIES, ROWS, 1))
    scores = rows[:, :, None] + noise
    parts = [
        [
            _estimate(study, pair, world.seeds if random.random() >= world.single else 1)
            for pair in PAIRS
        ]
        for study in scores
    ]
    return parts, np.array([[study[one] - study[base] for base, one in PAIRS] for study in rows])


def _estimate(scores: np.ndarray, pair: tuple[int, int], seeds: int) -> Estimate:
    base, one = pair
    effects = (scores[one] - scores[base])[:seeds]
    shared, anew = 2 * COMMON**2, 2 * ANEW**2
    return Estimate(
        effect=float(effects.mean()),
        between=float(effects.var(ddof=1)) / seeds if seeds > 1 else 0.0,
        shared=shared if seeds > 1 else 0.0,
        within=shared + anew / seeds,
        examples={"sst": 1000},
        seeds=tuple(range(seeds)),
        rows={str(one): 1, str(base): -1},
    )


def simulate(world: World, *, worlds: int, seed: int, judge: Judge = moderate) -> Outcome:
    """Judge families of effects and count what is held, wrong and found."""
    random = np.random.default_rng(seed)
    held: dict[bool, list[bool]] = {True: [], False: []}
    widths, wrong, found, real = [], 0, 0, 0
    for _ in range(worlds):
        studies, truth = draw(world, random)
        names = [str(s) for s, parts in enumerate(studies) for _ in parts]
        judged = judge([part for parts in studies for part in parts], names)
        for part, actual in zip(judged, truth.ravel(), strict=True):
            low, high = part.interval()
            held[len(part.seeds) > 1].append(bool(low <= actual <= high))
            widths += [(high - low) / 2] * (len(part.seeds) > 1)
        tested = [(judged[s * len(PAIRS) + pair], truth[s, pair]) for s, pair in TESTED]
        tested = [(part, actual) for part, actual in tested if len(part.seeds) >= SEEDS]
        ps = holm([part.p for part, _ in tested])
        decided = [
            (part.effect * actual > 0, actual != 0)
            for (part, actual), p in zip(tested, ps, strict=True)
            if p < 0.05
        ]
        wrong += any(not right for right, _ in decided)
        found += sum(right for right, _ in decided)
        real += sum(actual != 0 for _, actual in tested)
    several, single = (float(np.mean(held[key] or [np.nan])) for key in (True, False))
    width = float(np.mean(widths))
    return Outcome(several, single, width, wrong / worlds, found / real if real else np.nan)


def own(parts: Sequence[Estimate], _studies: Sequence[str]) -> Sequence[Estimate]:
    """No moderation: each variance as it is."""
    return parts


def table(worlds: int = 200) -> None:
    """Print before and after for equal and unequal spreads, gaps, and numbers of seeds."""
    for spreads in SPREADS:
        _print(World(spreads), worlds)
        _print(World(spreads, single=0.3), worlds)
    for gap in (0.03, 0.05):
        _print(World("equal", gap=gap), worlds)
    _print(World("three", seeds=5), worlds)


def _print(world: World, worlds: int) -> None:
    cells = []
    for judge in (own, moderate):
        one = simulate(world, worlds=worlds, seed=0, judge=judge)
        shares = (one.held, one.half_width, one.held_single, one.wrong, one.power)
        cells += [f"{100 * share:.1f}" for share in shares]
    print(world.spreads, world.seeds, world.gap, world.single, *cells, sep=" | ", flush=True)


if __name__ == "__main__":
    table()
