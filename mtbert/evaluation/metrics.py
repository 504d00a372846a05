"""Metrics of one task on one labelled split, and the two overall scores.

From scikit-learn and SciPy; nothing here is a percentage.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mtbert.core.labels import Binary, Classes, Labels, Similarity
from mtbert.core.tasks import LEADERBOARD

Scores = dict[str, float | int | None]
Values = dict[str, float | None]

DECIMALS = 6  # enough for any dev set, and small diffs in git


def score(labels: Labels, actual: np.ndarray, predicted: np.ndarray) -> Scores:
    """Score predictions against labels, both (example,).

    `n` counts the examples. `majority` is the accuracy of always naming the commonest label of
    these very examples. A correlation with a constant is undefined: None; Matthews' is then 0.
    """
    match labels:
        case Classes():
            scores = _classes(actual, predicted, average="macro")
        case Binary():
            scores = _classes(actual, predicted, average="binary")
        case Similarity():
            scores = _similarity(labels, actual, predicted)
    return {**{name: _tidy(value) for name, value in scores.items()}, "n": len(actual)}


def overall(scores: Mapping[str, Mapping[str, Any]]) -> Scores | None:
    """Combine the three tasks of the leaderboard; None unless all three are there.

    mean = (sst + para + sts) / 3; leaderboard = (sst + para + (sts + 1) / 2) / 3. Both are None
    where one of the three metrics is undefined.
    """
    if any(metric not in scores.get(task, {}) for task, metric in LEADERBOARD.items()):
        return None
    parts = [scores[task][metric] for task, metric in LEADERBOARD.items()]
    if None in parts:
        return {"mean": None, "leaderboard": None}
    sst, para, sts = parts
    return {
        "mean": _tidy((sst + para + sts) / 3),
        "leaderboard": _tidy((sst + para + (sts + 1) / 2) / 3),
    }


def undefined(scores: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Task and name of every metric that has no value."""
    return [
        (task, name)
        for task, metrics in scores.items()
        for name, value in metrics.items()
        if value is None
    ]


def _classes(actual: np.ndarray, predicted: np.ndarray, *, average: str) -> Values:
    from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

    actual, predicted = actual.astype(np.int64), predicted.astype(np.int64)
    f1 = f1_score(actual, predicted, average=average, zero_division=0.0)
    return {
        "accuracy": accuracy_score(actual, predicted),
        "macro_f1" if average == "macro" else "f1": f1,
        "matthews": matthews_corrcoef(actual, predicted),
        "majority": np.bincount(actual).max() / len(actual),
    }


def _similarity(labels: Similarity, actual: np.ndarray, predicted: np.ndarray) -> Values:
    from scipy.stats import pearsonr, spearmanr
    from sklearn import metrics

    constant = len(actual) < 2 or np.ptp(actual) == 0 or np.ptp(predicted) == 0
    # The logarithm needs values above -1, which an unclipped regression does not promise.
    clipped = np.clip(predicted, labels.low, labels.high)
    mse = metrics.mean_squared_error(actual, predicted)
    return {
        "pearson": None if constant else pearsonr(actual, predicted).statistic,
        "spearman": None if constant else spearmanr(actual, predicted).statistic,
        "mse": mse,
        "rmse": mse**0.5,
        "msle": metrics.mean_squared_log_error(actual, clipped) if labels.low > -1 else None,
        "median_absolute_error": metrics.median_absolute_error(actual, predicted),
        "mean_absolute_error": metrics.mean_absolute_error(actual, predicted),
        "explained_variance": metrics.explained_variance_score(actual, predicted),
        "r2": metrics.r2_score(actual, predicted) if len(actual) > 1 else None,
    }


def _tidy(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), DECIMALS)
