"""Coverage of the intervals, simulated; `python -m tests.claims.simulation` prints the table.

Classes: an answer of strategy r with seed s to example i is right where
m_r + a_i + b_ri + g_rs + e_rsi > 0, with normal a (difficulty), b (what one strategy finds harder
than the other), g (seed; correlated between strategies, which share seeds) and e (chance); in all,
some 60 % are right. Similarity: labels are uniform on 0 to 5, a prediction is the label plus normal
a_i, b_ri and e_rsi, the last with a spread that varies with the seed; r is about 0.8. Truth is the
expected effect over all seeds and examples; with one seed, that seed's own over all examples.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from mtbert.claims.estimates import Estimate
from mtbert.claims.paired import effect
from mtbert.claims.runs import Answers, Run

# Standard deviations of difficulty, of a strategy's own difficulty and of chance.
SHARED, OWN, CHANCE = 1.0, 0.5, 0.7
PAIRED = 0.3  # correlation of the two strategies' seed effects
LABELS = 5 / sqrt(12)  # standard deviation of the similarity labels


@dataclass(frozen=True)
class World:
    """What is simulated: `gap` is the strategies' difference, `spread` that of the seeds."""

    metric: str  # sst or sts
    gap: float
    spread: float
    seeds: int
    examples: int


def draw(world: World, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels (example,), predictions (strategy, seed, example), seed effects (strategy, seed)."""
    size, seeds = world.examples, world.seeds
    means = np.array([world.gap, 0.0])[:, None]
    common, own = random.normal(size=(1, seeds)), random.normal(size=(2, seeds))
    effects = means + world.spread * (sqrt(PAIRED) * common + sqrt(1 - PAIRED) * own)
    hard = SHARED * random.normal(size=size) + OWN * random.normal(size=(2, 1, size))
    chance = CHANCE * random.normal(size=(2, seeds, size))
    if world.metric == "sst":
        right = 0.3 + effects[:, :, None] + hard + chance > 0
        return np.ones(size), right.astype(float), effects
    labels = random.uniform(0, 5, size)
    return labels, labels + 0.7 * (hard + np.exp(-effects)[:, :, None] * chance), effects


def score(world: World, effects: np.ndarray) -> np.ndarray:
    """Score over all examples of runs with given seed effects."""
    from scipy.special import ndtr

    fixed = SHARED**2 + OWN**2
    if world.metric == "sst":
        return np.asarray(ndtr((0.3 + effects) / sqrt(fixed + CHANCE**2)))
    noise = 0.49 * (fixed + (CHANCE * np.exp(-effects)) ** 2)
    return np.asarray(LABELS / np.sqrt(LABELS**2 + noise))


def truth(world: World) -> float:
    """Expected effect over all seeds and examples."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    scores = [score(world, mean + world.spread * nodes) for mean in (world.gap, 0.0)]
    return float((scores[0] - scores[1]) @ weights / weights.sum())


@dataclass(frozen=True)
class Coverage:
    """How intervals did over many simulated studies."""

    held: float  # share that holds the truth
    half_width: float  # median
    ideal: float  # half-width of an interval that knows how much effects vary


def coverage(
    world: World,
    *,
    worlds: int,
    draws: int,
    seed: int,
    interval: Callable[[Estimate], tuple[float, float]] = Estimate.interval,
) -> Coverage:
    """Simulate studies and count the intervals that hold the truth."""
    random = np.random.default_rng(seed)
    held, widths, errors, expected = [], [], [], truth(world)
    for _ in range(worlds):
        labels, predictions, effects = draw(world, random)
        one, base = (
            {s: Run({world.metric: Answers(labels, own[s])}) for s in range(world.seeds)}
            for own in predictions
        )
        found = effect(one, base, world.metric, draws=draws)
        low, high = interval(found)
        ours, theirs = score(world, effects)
        actual = expected if world.seeds > 1 else float((ours - theirs).mean())
        held.append(low <= actual <= high)
        widths.append((high - low) / 2)
        errors.append(found.effect - actual)
    ideal = 1.96 * float(np.std(errors))
    return Coverage(float(np.mean(held)), float(np.median(widths)), ideal)


def table() -> None:
    """Print coverage and half-width for both metrics, seeds' spreads, and numbers of seeds."""
    for metric in ("sst", "sts"):
        for gap, spread in ((0.0, 0.0), (0.0, 0.1), (0.15, 0.1), (0.15, 0.3)):
            cells = []
            for seeds in (1, 3, 5):
                world = World(metric, gap, spread, seeds, examples=300)
                found = coverage(world, worlds=1000, draws=400, seed=seeds)
                cells.append(f"{100 * found.held:.1f} ± {100 * found.half_width:.1f}")
            print(metric, gap, spread, *cells, sep=" | ", flush=True)


if __name__ == "__main__":
    table()
