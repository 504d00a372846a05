"""The data report: what each file holds, and what in it cannot be used."""

from statistics import fmean
from typing import Any

from mtbert.core.labels import Labels, Similarity, classes
from mtbert.corpora.validation import SHOWN, Examples

BINS = 10


def summarize(examples: Examples, labels: Labels) -> dict[str, Any]:
    """Describe one split, as plain JSON: the same rows give the same description."""
    texts = examples.texts_a + [text for text in examples.texts_b if text is not None]
    return {
        "file": examples.file,
        "rows": examples.rows,
        "usable": len(examples.ids),
        "unusable": [{"line": line, "reason": reason} for line, reason in examples.unusable],
        "label_distribution": distribution(
            [label for label in examples.labels if label is not None], labels
        ),
        "words": _spread([len(text.split()) for text in texts]),
        "characters": _spread([len(text) for text in texts]),
    }


def distribution(values: list[float], labels: Labels) -> dict[str, Any] | None:
    """Examples of each class, or where similarities lie; None for an unlabelled split.

    Args:
        values: the labels of a split.
        labels: their kind. A histogram has 10 bins of equal width over its range; the last one
            holds its upper edge.
    """
    if not values:
        return None
    if not isinstance(labels, Similarity):
        return {name: values.count(label) for label, name in enumerate(classes(labels))}
    import numpy as np

    counts, edges = np.histogram(values, bins=BINS, range=labels.bounds)
    return {
        "min": min(values),
        "mean": round(fmean(values), 4),
        "max": max(values),
        "histogram": {
            "edges": [round(float(edge), 6) for edge in edges],
            "counts": counts.tolist(),
        },
    }


def warnings(examples: Examples) -> list[str]:
    """Lines to print on the unusable rows: the first ones, then how many more."""
    lines = [
        f"warning: {examples.file}: {examples.unit} {line}: not used: {reason}"
        for line, reason in examples.unusable[:SHOWN]
    ]
    more = len(examples.unusable) - len(lines)
    return [
        *lines,
        *([f"warning: {examples.file}: and {more} more, see the report"] if more else []),
    ]


def _spread(sizes: list[int]) -> dict[str, float]:
    return {"mean": round(fmean(sizes), 2), "max": max(sizes)}
