"""One number a task, to choose the best epoch by; `evaluate` computes every metric."""

import numpy as np


def accuracy(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Share of right classes; logits (example, class), or (example, 1) with the border at 0."""
    predicted = outputs.argmax(-1) if outputs.shape[1] > 1 else outputs[:, 0] > 0
    return float((predicted == labels).mean())


def pearson(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Pearson's r of (example, 1) and (example,); 0 where the outputs are constant."""
    if np.ptp(outputs) == 0 or np.ptp(labels) == 0:
        return 0.0
    return float(np.corrcoef(outputs[:, 0].astype(np.float64), labels)[0, 1])


# By kind of labels: name of the metric and how it is computed.
SCORES = {
    "classes": ("accuracy", accuracy),
    "binary": ("accuracy", accuracy),
    "similarity": ("pearson", pearson),
}
