"""Texts that occur both in a train split and in a dev or test split, of any task."""

from collections.abc import Iterable, Mapping
from typing import Any

from mtbert.core.tasks import Split

Texts = tuple[str, ...]  # of one row: text_a, and text_b of a pair
Corpus = Mapping[str, Mapping[Split, list[Texts]]]  # task -> split -> rows


def normal(text: str) -> str:
    """The form in which texts are compared: case folded, one space between words."""
    return " ".join(text.split()).casefold()


def row_key(row: Texts) -> Texts:
    """The form in which rows are compared."""
    return tuple(map(normal, row))


def held_out_texts(corpus: Corpus) -> frozenset[str]:
    """The normal forms of all dev and test texts, of all tasks."""
    return frozenset(
        text
        for splits in corpus.values()
        for split, rows in splits.items()
        if split != "train"
        for text in _texts(rows)
    )


def shared_texts(corpus: Corpus) -> list[dict[str, Any]]:
    """Count what train splits share with dev and test splits, across all tasks.

    Returns:
        For each two splits that share a text: `train` and `held_out` ("task split"), `texts` (how
        many distinct ones), and, within one task, `rows` (how many distinct rows, both texts of a
        pair).
    """
    trains = {task: splits["train"] for task, splits in corpus.items()}
    texts = {task: _texts(rows) for task, rows in trains.items()}
    shared = []
    for other, splits in corpus.items():
        for split, rows in splits.items():
            held_out = set() if split == "train" else _texts(rows)
            for task, train in trains.items():
                if count := len(texts[task] & held_out):
                    facts = {"train": f"{task} train", "held_out": f"{other} {split}"}
                    shared.append({**facts, "texts": count})
                    if task == other:
                        shared[-1]["rows"] = len({*map(row_key, train)} & {*map(row_key, rows)})
    return shared


def _texts(rows: Iterable[Texts]) -> set[str]:
    return {normal(text) for row in rows for text in row}
