"""The effect between strategies, over paired seeds and the same dev examples."""

from collections.abc import Mapping
from itertools import combinations, product

import numpy as np

from mtbert.claims.estimates import Estimate, estimate
from mtbert.claims.resampling import DRAWS, METRICS, Part, Resampled, resample
from mtbert.claims.runs import Runs, UnansweredError, common_seeds
from mtbert.claims.scores import SCORES
from mtbert.core.tasks import LEADERBOARD


def effect(one: Runs, base: Runs, metric: str, *, draws: int = DRAWS) -> Estimate:
    """Mean over seeds of metric(one) − metric(base), `metric` one of `METRICS`.

    Raises:
        UnansweredError: no seed in common, or a task is missing.
        InputError: the examples differ.
    """
    return contrast(
        resample({"one": one, "base": base}, METRICS[metric], draws=draws), {"one": 1, "base": -1}
    )


def contrast(scored: Resampled, weights: Mapping[str, float]) -> Estimate:
    """A weighted sum of rows' scores, as an effect or a difference of two effects is one."""
    value = sum((w * scored.values[row] for row, w in weights.items()), np.zeros(1))
    drawn = sum((w * scored.draws[row] for row, w in weights.items()), np.zeros(1))
    return estimate(value, drawn, examples=scored.examples, seeds=scored.seeds, rows=weights)


def differences(
    rows: Mapping[str, Runs],
    ones: tuple[str, ...],
    bases: tuple[str, ...],
    metric: str,
    *,
    draws: int = DRAWS,
) -> list[Estimate]:
    """The effect between each of some rows and each of others, all on the same draws.

    Raises:
        UnansweredError, InputError: as `effect`.
    """
    scored = resample({n: rows[n] for n in (*ones, *bases)}, METRICS[metric], draws=draws)
    return [contrast(scored, {one: 1, base: -1}) for one, base in product(ones, bases)]


def pairwise(
    rows: Mapping[str, Runs], names: tuple[str, ...], metric: str, *, draws: int = DRAWS
) -> list[Estimate]:
    """The effect between every two of some rows, all on the same draws.

    Raises:
        UnansweredError, InputError: as `effect`.
    """
    scored = resample({name: rows[name] for name in names}, METRICS[metric], draws=draws)
    return [contrast(scored, {one: 1, base: -1}) for one, base in combinations(names, 2)]


def delta_m(
    multi: Runs,
    single: Mapping[str, Runs],
    scores: Mapping[str, str] = LEADERBOARD,
    *,
    draws: int = DRAWS,
) -> Estimate:
    """Δm: mean over tasks of a multi-task row's relative gain over single-task runs.

    Maninis, Radosavovic & Kokkinos (2019), "Attentive single-tasking of multiple tasks", CVPR,
    eq. 1 there: 1 / T · Σ_t (−1)^l (M_t − S_t) / S_t, l = 1 where less is better. As a share, not
    in percent.

    Args:
        multi: Runs of the multi-task row.
        single: For each task the runs of the row that trained on it alone.
        scores: The score (of `SCORES`) that each task is judged by.
        draws: Draws of the dev examples.

    Raises:
        UnansweredError: as `effect`; or a single-task score is not above 0, so that there is no
            relative gain.
        InputError: as `effect`.
    """
    if not (seeds := common_seeds([multi, *single.values()])):
        raise UnansweredError("no seed that the row and all single-task rows were run with")
    ratios, drawn = np.zeros(len(seeds)), np.zeros((draws, len(seeds)))
    examples: dict[str, int] = {}
    for task, runs in single.items():
        pair = {"multi": multi, "single": runs}
        kept = {name: {seed: own[seed] for seed in seeds} for name, own in pair.items()}
        scored = resample(kept, (Part(task, scores[task]),), draws=draws)
        if (least := min(scored.values["single"])) <= 0:
            raise UnansweredError(
                f"Δm is relative to single-task scores, which must be above 0; found {least:.3f} "
                f"of {task}"
            )
        weight = (-1 if SCORES[scores[task]].less_is_better else 1) / len(single)
        ratios += weight * (scored.values["multi"] / scored.values["single"] - 1)
        drawn += weight * (scored.draws["multi"] / scored.draws["single"] - 1)
        examples |= scored.examples
    return estimate(ratios, drawn, examples=examples, seeds=seeds)
