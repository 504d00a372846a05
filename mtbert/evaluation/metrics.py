"""All metrics, one entry each. No value is a percentage.

To add one, write its function, one entry in `METRICS` and one test. A function takes labels
(…, example) and what it `reads` of the predictions, with the same leading axes, and gives (…), NaN
where it is undefined: all draws of a bootstrap are scored in one call.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from mtbert.core.errors import InputError, choices
from mtbert.core.tasks import Labels, Task
from mtbert.evaluation import intervals
from mtbert.evaluation.predictions import Predictions, decode_outputs

BINS = 15  # of confidence, in the calibration error


def accuracy(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Share of correct classes."""
    return np.asarray((predicted == actual).mean(-1))


def f1(actual: np.ndarray, predicted: np.ndarray, label: float = 1) -> np.ndarray:
    """F1 of one label, 2·TP / (actual + predicted); NaN if the label is in neither."""
    true, guessed = actual == label, predicted == label
    return _ratio(2.0 * (true & guessed).sum(-1), true.sum(-1) + guessed.sum(-1))


def macro_f1(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes in labels or predictions."""
    each = [f1(actual, predicted, label) for label in np.union1d(actual, predicted)]
    return np.asarray(np.nanmean(each, axis=0))


def matthews(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Matthews correlation of any number of classes; 0 where one side is constant.

    Gorodkin (2004), Computational Biology and Chemistry 28, eq. 8.
    """
    labels, size = np.union1d(actual, predicted), actual.shape[-1]
    true = np.stack([(actual == label).sum(-1) for label in labels]).astype(float)
    guessed = np.stack([(predicted == label).sum(-1) for label in labels]).astype(float)
    covariance = (actual == predicted).sum(-1) * size - (true * guessed).sum(0)
    spread = (size**2 - (true**2).sum(0)) * (size**2 - (guessed**2).sum(0))
    return np.asarray(np.nan_to_num(_ratio(covariance, np.sqrt(spread))))


def roc_auc(actual: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Chance that a positive example gets more than a negative one, ties halved (Mann–Whitney)."""
    from scipy.stats import rankdata

    positive = actual == 1
    count = positive.sum(-1)
    wins = (rankdata(probability, axis=-1) * positive).sum(-1) - count * (count + 1) / 2
    return _ratio(wins, count * (actual.shape[-1] - count))


def calibration_error(actual: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Expected calibration error: mean gap of confidence and accuracy over equally wide bins.

    Guo et al. (2017), ICML, eq. 3, with 15 bins. Probabilities are (…, example) of label 1, or
    (…, example, class).
    """
    if probabilities.ndim == actual.ndim:
        probabilities = np.stack([1 - probabilities, probabilities], -1)
    confidence, right = probabilities.max(-1), probabilities.argmax(-1) == actual
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [np.abs(((right - confidence) * (bins == place)).sum(-1)) for place in range(BINS)]
    return np.asarray(np.sum(gaps, axis=0) / actual.shape[-1])


def pearson(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Pearson's r; NaN where one side is constant."""
    a, b = (side - side.mean(-1, keepdims=True) for side in (actual, predicted))
    spread = np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    constant = (np.ptp(actual, -1) == 0) | (np.ptp(predicted, -1) == 0)
    return np.asarray(np.clip(_ratio((a * b).sum(-1), np.where(constant, 0.0, spread)), -1, 1))


def spearman(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Spearman's rho, Pearson's r of the ranks; NaN where one side is constant."""
    from scipy.stats import rankdata

    return pearson(rankdata(actual, axis=-1), rankdata(predicted, axis=-1))


def mse(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Mean squared error."""
    return np.asarray(((actual - predicted) ** 2).mean(-1))


def msle(actual: np.ndarray, clipped: np.ndarray) -> np.ndarray:
    """Mean squared error of log(1 + x); NaN where a label is -1 or less."""
    with np.errstate(invalid="ignore", divide="ignore"):
        error = mse(np.log1p(actual), np.log1p(clipped))
    return np.asarray(np.where(np.isfinite(error), error, np.nan))


def r2(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Coefficient of determination, 1 - mse / variance; NaN where labels are constant."""
    return 1 - _ratio(mse(actual, predicted), _variance(actual))


@dataclass(frozen=True)
class Metric:
    """A metric: its function, what it fits, its baseline and its interval."""

    function: Callable[[np.ndarray, np.ndarray], np.ndarray]
    kinds: tuple[str, ...]  # of labels that it fits
    # The best constant prediction, whose score is the baseline
    constant: Callable[[np.ndarray], np.ndarray]
    reads: Literal["values", "clipped", "probabilities"] = "values"  # clipped to the labels' range
    # 95 % interval of a value on n examples, by formula; without one, by the bootstrap
    formula: Callable[[float, int], tuple[float, float]] | None = None
    lower_is_better: bool = False

    def baseline(self, actual: np.ndarray) -> float:
        """Score of the constant on these labels, (example,); 0 where it is undefined."""
        constant = self.constant(actual)
        answers = np.broadcast_to(constant, (*actual.shape, *np.shape(constant)))
        return float(np.nan_to_num(self.function(actual, answers)))

    def half_width(self, actual: np.ndarray, predicted: np.ndarray) -> float:
        """Half of the 95 % interval on these labels, (example,); NaN where they are all alike."""
        if not intervals.tells_apart(actual):
            return np.nan
        if self.formula is None:
            return intervals.bootstrap(self.function, actual, [predicted])
        low, high = self.formula(float(self.function(actual, predicted)), len(actual))
        return (high - low) / 2


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Quotient; NaN where the whole is 0."""
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.asarray(np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole != 0))


def _variance(actual: np.ndarray) -> np.ndarray:
    """Variance over examples; of equal labels exactly 0, which rounding of their mean may miss."""
    return np.asarray(np.where(np.ptp(actual, -1) > 0, actual.var(-1), 0.0))


def _majority(actual: np.ndarray) -> np.ndarray:
    labels, counts = np.unique(actual, return_counts=True)
    return np.asarray(labels[counts.argmax()])


def _shares(actual: np.ndarray) -> np.ndarray:
    return np.bincount(actual.astype(int), minlength=2) / len(actual)


def _error(function: Callable[[np.ndarray, np.ndarray], np.ndarray], best: object) -> Metric:
    return Metric(function, ("similarity",), best, lower_is_better=True)  # type: ignore[arg-type]


_CLASSES, _BINARY, _BOTH, _RANGE = ("classes",), ("binary",), ("classes", "binary"), ("similarity",)

METRICS: dict[str, Metric] = {
    "accuracy": Metric(accuracy, _BOTH, _majority, formula=intervals.wilson),
    "macro_f1": Metric(macro_f1, _CLASSES, _majority),
    "f1": Metric(lambda a, b: np.nan_to_num(f1(a, b)), _BINARY, lambda _: np.array(1)),
    "matthews": Metric(matthews, _BOTH, _majority),
    "roc_auc": Metric(roc_auc, _BINARY, np.mean, reads="probabilities"),
    "calibration_error": Metric(
        calibration_error, _BOTH, _shares, reads="probabilities", lower_is_better=True
    ),
    "pearson": Metric(pearson, _RANGE, np.mean, formula=intervals.fisher),
    "spearman": Metric(spearman, _RANGE, np.mean, formula=partial(intervals.fisher, ranks=True)),
    "mse": _error(mse, np.mean),
    "rmse": _error(lambda actual, predicted: np.sqrt(mse(actual, predicted)), np.mean),
    "msle": Metric(msle, _RANGE, np.mean, reads="clipped", lower_is_better=True),
    "median_absolute_error": _error(lambda a, b: np.median(np.abs(a - b), -1), np.median),
    "mean_absolute_error": _error(lambda a, b: np.abs(a - b).mean(-1), np.median),
    "explained_variance": Metric(
        lambda a, b: 1 - _ratio((a - b).var(-1), _variance(a)), _RANGE, np.mean
    ),
    "r2": Metric(r2, _RANGE, np.mean),
}


def score(labels: Labels, predictions: Predictions) -> dict[str, float | None]:
    """Every metric that fits the labels; None where it is undefined."""
    values = {
        name: float(metric.function(predictions.labels, predictions.read(metric.reads, labels)))
        for name, metric in METRICS.items()
        if labels.kind in metric.kinds
    }
    return {name: value if np.isfinite(value) else None for name, value in values.items()}


def main_score(name: str, labels: Labels, outputs: np.ndarray, actual: np.ndarray) -> float:
    """One metric of a head's outputs, (example, width), to choose an epoch by; 0 if undefined."""
    predictions = Predictions([], actual, *decode_outputs(outputs.astype(np.float64), labels))
    read = predictions.read(METRICS[name].reads, labels)
    return float(np.nan_to_num(METRICS[name].function(actual, read)))


def check_metrics(tasks: Mapping[str, Task], *, where: str) -> None:
    """Refuse a main metric that does not fit its task's labels, or of which less is better."""
    for name, task in tasks.items():
        kind = task.labels.kind
        fits = [m for m, it in METRICS.items() if kind in it.kinds and not it.lower_is_better]
        if task.main_metric not in fits:
            fault = choices(f"metric of {kind}", task.main_metric, fits)
            raise InputError(f"{where}: tasks.{name}.metric: {fault}")
