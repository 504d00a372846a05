"""The dev split's own noise in metrics without a formula for it: examples drawn anew.

Percentile bootstrap (Efron 1979, The Annals of Statistics 7). These metrics depend on how often
each pair of actual and predicted class occurs and on nothing else, so that drawing examples with
replacement is drawing these counts from a multinomial distribution. Where all draws would be
alike, as at a perfect score, each class that occurs counts one example more, spread evenly over the
predictions (a prior of 1 / classes on each, Perks 1947): no score comes out as certain.
"""

import numpy as np

from mtbert.reporting.files import Pairs

DRAWS = 2000


def half_width(metric: str, pairs: Pairs, classes: int) -> float:
    """Half of the 95 % interval around a metric on dev.

    Args:
        metric: one of `METRICS`.
        pairs: actual and predicted class of each dev example.
        classes: number of classes.
    """
    counts = np.zeros((classes, classes))
    np.add.at(counts, tuple(np.array(pairs).T), 1)
    return _width(metric, counts, len(pairs)) or _width(metric, _softened(counts), len(pairs))


def _width(metric: str, counts: np.ndarray, size: int) -> float:
    """Half of the interval that holds 95 % of draws of `size` examples."""
    shares = counts.ravel() / counts.sum()
    draws = np.random.default_rng(0).multinomial(size, shares, DRAWS)
    values = METRICS[metric](draws.reshape(DRAWS, *counts.shape).astype(float))
    low, high = np.quantile(values, (0.025, 0.975))
    return float(high - low) / 2


def _softened(counts: np.ndarray) -> np.ndarray:
    """Counts with one example more of each class that occurs, or of all if only one does."""
    occurring = np.flatnonzero(counts.sum(0) + counts.sum(1))
    places = occurring if len(occurring) > 1 else np.arange(len(counts))
    softened = counts.copy()
    softened[np.ix_(places, places)] += 1 / len(places)
    return softened


def macro_f1(counts: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes that are named or predicted; (draw, actual, predicted) → (draw,)."""
    return np.asarray(np.nanmean(_f1(counts), axis=1))


def f1(counts: np.ndarray) -> np.ndarray:
    """F1 of class 1, 0 where there is none; (draw, actual, predicted) → (draw,)."""
    return np.asarray(np.nan_to_num(_f1(counts)[:, 1]))


def matthews(counts: np.ndarray) -> np.ndarray:
    """Matthews correlation, 0 where one side is constant; (draw, actual, predicted) → (draw,).

    Of several classes: Gorodkin (2004), Computational Biology and Chemistry 28, eq. 8.
    """
    size, right = counts.sum((1, 2)), np.trace(counts, axis1=1, axis2=2)
    actual, predicted = counts.sum(2), counts.sum(1)
    spread = [size**2 - (side**2).sum(1) for side in (actual, predicted)]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (right * size - (actual * predicted).sum(1)) / np.sqrt(spread[0] * spread[1])
    return np.asarray(np.nan_to_num(found))


def _f1(counts: np.ndarray) -> np.ndarray:
    """F1 of each class, (draw, class); NaN for one that is neither named nor predicted."""
    both = np.diagonal(counts, axis1=1, axis2=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(2 * both / (counts.sum(2) + counts.sum(1)))


METRICS = {"f1": f1, "macro_f1": macro_f1, "matthews": matthews}
