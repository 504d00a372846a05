"""Whether dev and test look like train: their lengths, labels and words, and rows they share."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mtbert.core.labels import Labels, Similarity

Splits = Mapping[str, Sequence[Mapping[str, Any]]]
Texts = tuple[str, ...]  # of a row: text_a, and text_b of a pair
# What is notable: a distance (0: alike, 1: nothing in common) that chance does not explain, a share
# of unknown words above what train has of its own, a share of rows that are train's.
DISTANCE, LEVEL, UNKNOWN, SHARED = 0.1, 0.001, 0.05, 0.01


def drift(splits: Splits, labels: Labels) -> dict[str, dict[str, Any]]:
    """Compare every other split with train; case and spaces do not count.

    Args:
        splits: By split, train among them, the rows of its TEXT table without what is None.
        labels: The kind of the labels.

    Returns:
        By split: `lengths` and `labels`, distances from train's: of words in a text and of a range
        the largest gap of the cumulative shares (Kolmogorov and Smirnov), of classes half the sum
        of the gaps of their shares; None where a split has no labels. `unknown_words`, the share of
        its words that train lacks; `unknown_words_within_train`, that of every fifth row of train,
        in the others. `rows_of_train`, the share of its rows in train. `notable`, what is.
    """
    from scipy.stats import ks_2samp

    texts = {split: [*map(_texts, rows)] for split, rows in splits.items()}
    train = texts.pop("train")
    own, vocabulary, lengths = set(train), {*_words(train)}, _lengths(train)
    within = _unknown_within(train)
    facts: dict[str, dict[str, Any]] = {}
    for split, rows in texts.items():
        test = ks_2samp(_lengths(rows), lengths)
        distance, p = _distance_of_labels(splits[split], splits["train"], labels)
        unknown, shared = _share_outside(_words(rows), vocabulary), 1 - _share_outside(rows, own)
        facts[split] = {
            "lengths": round(float(test.statistic), 3),
            "labels": None if distance is None else round(distance, 3),
            "unknown_words": round(unknown, 4),
            "unknown_words_within_train": round(within, 4),
            "rows_of_train": round(shared, 4),
        }
        notable = {
            "lengths": test.statistic > DISTANCE and test.pvalue < LEVEL,
            "labels": distance is not None and distance > DISTANCE and p < LEVEL,
            "unknown words": unknown > within + UNKNOWN,
            "rows of train": shared > SHARED,
        }
        facts[split]["notable"] = [name for name, is_so in notable.items() if is_so]
    return facts


def _unknown_within(train: Sequence[Texts]) -> float:
    """The share of the words of every fifth row that the other rows lack."""
    others = {*_words(text for number, text in enumerate(train) if number % 5)}
    return _share_outside(_words(train[::5]), others)


def _distance_of_labels(
    rows: Iterable[Mapping[str, Any]], train: Iterable[Mapping[str, Any]], labels: Labels
) -> tuple[float | None, float]:
    """The distance of two splits' labels, and how often chance makes one as large."""
    import pandas as pd
    from scipy.stats import chi2_contingency, ks_2samp

    both = [[row["label"] for row in own if "label" in row] for own in (rows, train)]
    if not all(both):
        return None, 1.0
    if isinstance(labels, Similarity):
        test = ks_2samp(*both)
        return float(test.statistic), float(test.pvalue)
    columns = {n: pd.Series(own).value_counts() for n, own in enumerate(both)}
    counts = pd.DataFrame(columns).fillna(0)
    gaps = (counts / counts.sum()).diff(axis="columns")[1].abs()
    return float(gaps.sum() / 2), float(chi2_contingency(counts).pvalue)


def _texts(row: Mapping[str, Any]) -> Texts:
    sides = (row[side] for side in ("text_a", "text_b") if side in row)
    return tuple(" ".join(text.split()).casefold() for text in sides)


def _lengths(rows: Iterable[Texts]) -> list[int]:
    return [len(text.split()) for row in rows for text in row]


def _words(rows: Iterable[Texts]) -> list[str]:
    return [word for row in rows for text in row for word in re.findall(r"\w+", text)]


def _share_outside(values: Sequence[Any], members: set[Any]) -> float:
    return sum(value not in members for value in values) / max(len(values), 1)
