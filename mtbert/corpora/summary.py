"""The data report: what each file holds, and its unusable rows."""

from collections import Counter
from statistics import fmean
from typing import Any

from mtbert.core.labels import Labels, Similarity, classes
from mtbert.corpora.validation import Examples

BINS = 10


def summarize_split(examples: Examples, labels: Labels) -> dict[str, Any]:
    """Describe one split, as plain JSON: the same rows give the same description."""
    rows = examples.usable
    texts = [row[side] for row in rows for side in ("text_a", "text_b") if side in row]
    return {
        "file": examples.file,
        "rows": examples.rows,
        "usable": len(rows),
        "unusable": [{"line": line, "reason": reason} for line, reason in examples.unusable],
        "label_distribution": _distribution([r["label"] for r in rows if "label" in r], labels),
        "words": _spread([len(text.split()) for text in texts]),
        "characters": _spread([len(text) for text in texts]),
    }


def _distribution(values: list[float], labels: Labels) -> dict[str, Any] | None:
    """Examples of each class, or a histogram of similarities; None for an unlabelled split.

    The histogram has 10 bins of equal width over the labels' range; the last one holds its upper
    edge.
    """
    if not values:
        return None
    if not isinstance(labels, Similarity):
        counts = Counter(values)
        return {name: counts[label] for label, name in enumerate(classes(labels))}
    import numpy as np

    heights, edges = np.histogram(values, bins=BINS, range=labels.bounds)
    return {
        "min": min(values),
        "mean": round(fmean(values), 4),
        "max": max(values),
        "histogram": {
            "edges": [round(float(edge), 6) for edge in edges],
            "counts": heights.tolist(),
        },
    }


def _spread(sizes: list[int]) -> dict[str, float]:
    return {"mean": round(fmean(sizes), 2), "max": max(sizes)}
