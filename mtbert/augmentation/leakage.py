"""Texts that stand both in a train split and in a dev or test split, of whatever task."""

from collections.abc import Iterable, Mapping
from typing import Any

from mtbert.augmentation.settings import Side
from mtbert.core.tasks import Split

Texts = Mapping[Side, str]  # one row's; a single text is text_a
Rows = Mapping[str, Mapping[Split, list[Texts]]]  # task -> split -> rows


def normal(text: str) -> str:
    """A text as it is compared: without regard to case and to the spaces between words."""
    return " ".join(text.split()).casefold()


def held_out_texts(rows: Rows) -> frozenset[str]:
    """The texts of all splits but train, of all tasks, as `normal` leaves them."""
    return frozenset(
        text
        for splits in rows.values()
        for split, examples in splits.items()
        if split != "train"
        for text in _texts(examples)
    )


def shared_texts(rows: Rows) -> list[dict[str, Any]]:
    """Count what train splits share with dev and test splits, across all tasks.

    Returns:
        For each two splits that share a text: `train` and `held_out` ("task split"), `texts` (how
        many distinct ones), and, of one task, `rows` (how many distinct rows, both texts of a
        pair).
    """
    trains = {task: splits["train"] for task, splits in rows.items() if "train" in splits}
    texts = {task: _texts(examples) for task, examples in trains.items()}
    whole = {task: _rows(examples) for task, examples in trains.items()}
    found = []
    for other, splits in rows.items():
        for split, examples in splits.items():
            if split == "train":
                continue
            there = _texts(examples)
            for task in trains:
                if shared := len(texts[task] & there):
                    facts = {"train": f"{task} train", "held_out": f"{other} {split}"}
                    same = {"rows": len(whole[task] & _rows(examples))} if task == other else {}
                    found.append({**facts, "texts": shared, **same})
    return found


def _texts(rows: Iterable[Texts]) -> set[str]:
    return {normal(text) for row in rows for text in row.values()}


def _rows(rows: Iterable[Texts]) -> set[tuple[str, ...]]:
    return {tuple(normal(row[side]) for side in sorted(row)) for row in rows}
