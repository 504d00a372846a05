"""Metrics against values computed by hand, and against scikit-learn and SciPy."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sklearn

from mtbert.core.errors import InputError
from mtbert.core.labels import MAIN_METRICS, Binary, Classes, Similarity
from mtbert.core.params import validate
from mtbert.core.tasks import Task
from mtbert.evaluation.metrics import METRICS, check_metrics, main_score, score
from mtbert.evaluation.predictions import Predictions, decode_outputs

CLASSES = Classes(kind="classes", count=3)
BINARY = Binary(kind="binary")
SIMILARITY = Similarity(kind="similarity", low=0.0, high=5.0)
RANDOM = np.random.default_rng(0)
N = 200
# Labels, predicted labels, probabilities of label 1
DRAWN = {
    "classes": (RANDOM.integers(0, 4, N) * 1.0, RANDOM.integers(0, 4, N), None),
    "binary": (RANDOM.integers(0, 2, N) * 1.0, RANDOM.integers(0, 2, N), RANDOM.random(N).round(1)),
    "similarity": (RANDOM.uniform(0, 5, N), RANDOM.uniform(0, 5, N), None),
}
LIBRARY = {
    "accuracy": sklearn.accuracy_score,
    "macro_f1": lambda a, b: sklearn.f1_score(a, b, average="macro"),
    "f1": sklearn.f1_score,
    "matthews": sklearn.matthews_corrcoef,
    "roc_auc": sklearn.roc_auc_score,
    "pearson": lambda a, b: stats.pearsonr(a, b).statistic,
    "spearman": lambda a, b: stats.spearmanr(a, b).statistic,
    "mse": sklearn.mean_squared_error,
    "rmse": sklearn.root_mean_squared_error,
    "msle": sklearn.mean_squared_log_error,
    "median_absolute_error": sklearn.median_absolute_error,
    "mean_absolute_error": sklearn.mean_absolute_error,
    "explained_variance": sklearn.explained_variance_score,
    "r2": sklearn.r2_score,
}


def scored(labels, actual, values, probabilities):
    actual, values, probabilities = map(np.array, (actual, values, probabilities))
    return score(labels, Predictions([], actual.astype(float), values, probabilities))


def test_classes():
    certain = np.eye(3)[[0, 1, 1, 1]]
    expected = {
        "accuracy": 0.5,
        # F1: class 0 has precision 1, recall 1/2 -> 2/3; class 1 1/3, 1 -> 1/2; class 2 none -> 0.
        "macro_f1": pytest.approx((2 / 3 + 1 / 2) / 3),
        # 4 · 2 right − Σ actual · predicted (2·1 + 1·3), over √((16 − 6)(16 − 10)).
        "matthews": pytest.approx(3 / np.sqrt(60)),
        "calibration_error": 0.5,  # always certain, right every other time
    }
    scores = scored(CLASSES, [0, 0, 1, 2], [0, 1, 1, 1], certain)
    assert {name: scores[name] for name in expected} == expected


def test_binary():
    probabilities = [0.2, 0.2, 0.7, 0.9, 0.2]
    expected = {
        "accuracy": 0.6,
        "f1": 0.5,
        "matthews": pytest.approx(1 / 6),  # (1·2 − 1·1) / √(2·2·3·3)
        "roc_auc": pytest.approx((3 + 1) / 6),  # 0.9 beats three, 0.2 ties with two
        # Confidences 0.8 (right 2 of 3), 0.7 (wrong), 0.9 (right), each in a bin of its own
        "calibration_error": pytest.approx((0.4 + 0.7 + 0.1) / 5),
    }
    scores = scored(BINARY, [0, 0, 0, 1, 1], [0, 0, 1, 1, 0], probabilities)
    assert {name: scores[name] for name in expected} == expected


def test_similarity():
    # Deviations from the means 2 and 2: (-2, -1, 0, 3) and (-3, -1, 1, 3).
    assert scored(SIMILARITY, [0, 1, 2, 5], [-1.0, 1.0, 3.0, 5.0], None) == {
        "pearson": pytest.approx(16 / np.sqrt(14 * 20)),
        "spearman": pytest.approx(1.0),
        "mse": 0.5,
        "rmse": pytest.approx(0.5**0.5),
        "msle": pytest.approx(np.log(4 / 3) ** 2 / 4),  # -1 is clipped to 0
        "median_absolute_error": 0.5,
        "mean_absolute_error": 0.5,
        "explained_variance": pytest.approx(1 - 2 / 14),
        "r2": pytest.approx(1 - 2 / 14),
    }


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_equals_the_library_and_scores_draws_in_one_call(name):
    metric = METRICS[name]
    actual, values, probabilities = DRAWN[metric.kinds[-1]]
    read = probabilities if metric.reads == "probabilities" else values
    if name in LIBRARY:
        assert metric.function(actual, read) == pytest.approx(LIBRARY[name](actual, read))
    places = RANDOM.integers(N, size=(5, N))
    each = [float(metric.function(actual[at], read[at])) for at in places]
    assert metric.function(actual[places], read[places]) == pytest.approx(each)


@pytest.mark.parametrize(
    ("name", "labels", "baseline"),
    [
        ("accuracy", [0, 1, 1, 2], 0.5),
        ("macro_f1", [0, 1, 1, 2], 2 * 0.5 / 1.5 / 3),  # F1 of the commonest, 0 of the others
        ("f1", [0, 0, 0, 1], 2 * 0.25 / 1.25),  # always 1
        ("matthews", [0, 0, 0, 1], 0),
        ("roc_auc", [0, 0, 0, 1], 0.5),
        ("calibration_error", [0, 0, 0, 1], 0),
        ("pearson", [1, 2, 3], 0),
        ("mse", [0, 0, 3], 2),  # the variance
        ("mean_absolute_error", [0, 0, 3], 1),  # from the median
        ("r2", [0, 0, 3], 0),
    ],
)
def test_the_baseline_needs_no_model(name, labels, baseline):
    assert METRICS[name].baseline(np.array(labels, float)) == pytest.approx(baseline)


@pytest.mark.parametrize("name", ["r2", "explained_variance"])
@pytest.mark.parametrize("label", [0.1, 4.2, 4.0])  # the mean of three 0.1 is not 0.1
def test_of_equal_labels_a_share_of_variance_is_undefined(name, label):
    labels, predicted = np.full((2, 10), label), RANDOM.normal(size=(2, 10))
    labels[1, 0] = 3.0
    first, second = METRICS[name].function(labels, predicted)
    assert np.isnan(first)
    assert np.isfinite(second)
    assert main_score(name, SIMILARITY, predicted[0][:, None], labels[0]) == 0


@pytest.mark.parametrize("predicted", [[2.0, 2.0, 2.0], [1.0]])
def test_correlation_with_a_constant_is_undefined(predicted):
    scores = scored(SIMILARITY, range(len(predicted)), predicted, None)
    assert scores["pearson"] is scores["spearman"] is None
    assert scores["mse"] is not None
    outputs = np.array(predicted)[:, None]
    assert main_score("pearson", SIMILARITY, outputs, np.arange(len(predicted)) * 1.0) == 0


@pytest.mark.parametrize("width", [1, 2])
def test_the_best_epoch_is_chosen_by_the_same_functions(width):
    actual, _, _ = DRAWN["binary"]
    outputs = RANDOM.normal(size=(N, width)).astype(np.float32)
    scores = scored(BINARY, actual, *decode_outputs(outputs.astype(float), BINARY))
    for name in ("accuracy", "f1", "matthews", "roc_auc"):
        assert main_score(name, BINARY, outputs, actual) == scores[name]


def test_a_main_metric_fits_the_labels_and_is_better_when_higher():
    def check(metric):
        row = {"title": "a", "files": {"train": "x", "dev": "y"}, "labels": {"kind": "binary"}}
        row |= {"columns": {"text_a": "a", "label": "b"}, "predictions": {"file": "{split}"}}
        check_metrics({"a": validate(Task, row | {"metric": metric})}, where="p")

    for kind, name in MAIN_METRICS.items():
        assert kind in METRICS[name].kinds
    check("roc_auc")
    for wrong in ("macro_f1", "calibration_error", "roc_acu"):
        with pytest.raises(InputError, match=f"p: tasks.a.metric: .*'{wrong}'.*roc_auc"):
            check(wrong)
