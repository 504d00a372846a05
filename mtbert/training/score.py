"""One number a task, to choose the best epoch by; `evaluate` computes every metric.

Each takes a head's outputs (example, width) and labels (example,); all are from scikit-learn and
SciPy but the two that every run needs, which would wait seconds for their import.
"""

import numpy as np


def accuracy(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Share of right classes."""
    return float((predicted(outputs) == labels).mean())


def macro_f1(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Mean F1 of the classes that are named or predicted."""
    return _f1(outputs, labels, average="macro")


def f1(outputs: np.ndarray, labels: np.ndarray) -> float:
    """F1 of label 1; 0 where it is never predicted."""
    return _f1(outputs, labels, average="binary")


def matthews(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Matthews correlation coefficient; 0 where the prediction is constant."""
    from sklearn.metrics import matthews_corrcoef

    return float(matthews_corrcoef(labels.astype(np.int64), predicted(outputs)))


def pearson(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Pearson's r of (example, 1) and (example,); 0 where the outputs are constant."""
    if _constant(outputs, labels):
        return 0.0
    return float(np.corrcoef(outputs[:, 0].astype(np.float64), labels)[0, 1])


def spearman(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Spearman's rho of (example, 1) and (example,); 0 where the outputs are constant."""
    from scipy.stats import spearmanr

    if _constant(outputs, labels):
        return 0.0
    return float(spearmanr(outputs[:, 0], labels).statistic)


def predicted(outputs: np.ndarray) -> np.ndarray:
    """Class of each example, (example,): the largest logit; of a single one, 1 above 0."""
    several = outputs.shape[1] > 1
    return outputs.argmax(-1) if several else (outputs[:, 0] > 0).astype(np.int64)


def _f1(outputs: np.ndarray, labels: np.ndarray, *, average: str) -> float:
    from sklearn.metrics import f1_score

    actual = labels.astype(np.int64)
    return float(f1_score(actual, predicted(outputs), average=average, zero_division=0.0))


def _constant(outputs: np.ndarray, labels: np.ndarray) -> bool:
    return bool(np.ptp(outputs) == 0 or np.ptp(labels) == 0)


# By the name of a task's main metric.
SCORES = {
    "accuracy": accuracy,
    "macro_f1": macro_f1,
    "f1": f1,
    "matthews": matthews,
    "pearson": pearson,
    "spearman": spearman,
}
