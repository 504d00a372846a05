"""A task proposed for a table: columns, labels, metric, head, and rows held out for dev."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtbert.core.tasks import Columns, FileFormat, Split
from mtbert.scaffold.columns import guess_columns
from mtbert.scaffold.files import TableFile, read_tables
from mtbert.scaffold.labels import guess_labels, guess_metric
from mtbert.scaffold.splitting import hold_out

if TYPE_CHECKING:
    import pandas as pd

BINS = 5  # of a range of labels, for the split
MANY_ROWS = 5000
SHARED = (
    "warning: nearly all pairs share texts with others, so only equal pairs stay together: texts "
    "of dev recur in train, in other pairs; a dev file of your own may be a harder test"
)
OBJECTIVES = {
    "classes": "cross_entropy",
    "binary": "binary_cross_entropy",
    "similarity": "squared_error",
}


@dataclass(frozen=True)
class Proposal:
    """A task as guessed from its files."""

    name: str
    files: Mapping[Split, TableFile]
    columns: Columns
    labels: dict[str, Any]  # as in section `tasks`
    metric: str | None  # None: the main one of the kind of labels
    held_out: np.ndarray | None  # (row of the train file,) bool; None: there is a dev file
    notes: Sequence[str]

    @property
    def format(self) -> FileFormat:
        """The task's format: that of all its files, or that in which they are written anew."""
        formats = {table.format for table in self.files.values()}
        kinds = {own.format for own in formats}
        if self.held_out is None and len(formats) == 1:
            return formats.pop()
        return FileFormat(format=kinds.pop() if len(kinds) == 1 else "csv")

    @property
    def copied(self) -> bool:
        """Whether its files are written anew: split, or in a format that one task can read."""
        other = any(table.format != self.format for table in self.files.values())
        return self.held_out is not None or other

    @property
    def encoding(self) -> str | None:
        """Of pairs: vectors of each text for a similarity, else both texts in one input."""
        if self.columns.text_b is None:
            return None
        return "siamese" if self.labels["kind"] == "similarity" else "joint"

    @property
    def head(self) -> str | dict[str, str]:
        """The usual one for the labels and the encoding."""
        if self.encoding == "siamese":
            return "cosine"
        if self.labels["kind"] == "similarity":  # within any range of labels
            return {"name": "linear", "range": "sigmoid"}
        return "linear"

    @property
    def objective(self) -> str:
        """The usual one for the labels."""
        return OBJECTIVES[self.labels["kind"]]

    @property
    def batch_size(self) -> int:
        """Small for few rows, so that an epoch has some updates."""
        return 16 if len(self.files["train"].frame) < MANY_ROWS else 32

    def longest_text(self) -> int:
        """Words of the longest text to train on, of a pair of both."""
        sides = filter(None, (self.columns.text_a, self.columns.text_b))
        lengths = [[len(text.split()) for text in self.files["train"].texts(s)] for s in sides]
        return int(np.sum(lengths, axis=0).max())

    def split_frames(self) -> "Iterator[tuple[Split, pd.DataFrame]]":
        """The rows of each split."""
        for split, table in self.files.items():
            if split == "train" and self.held_out is not None:
                yield "train", table.frame[~self.held_out]
                yield "dev", table.frame[self.held_out]
            else:
                yield split, table.frame


def propose(folder: Path) -> list[Proposal]:
    """Read a folder's tables and guess a task for each.

    Raises:
        InputError: a file or its columns, labels or names cannot be used.
    """
    return [_propose(name, files) for name, files in read_tables(folder).items()]


def _propose(name: str, files: Mapping[Split, TableFile]) -> Proposal:
    columns, notes = guess_columns(files)
    labelled = [table for split, table in files.items() if split != "test"]
    values = [text for table in labelled for text in table.filled(columns.label, "label")]
    where = " and ".join(str(table.path) for table in labelled)
    labels = guess_labels(values, columns.label, where=where)
    held_out = None
    if "dev" not in files:
        train = files["train"]
        texts = filter(None, (columns.text_a, columns.text_b))
        sides = [train.filled(name, "text") for name in texts]
        rows = list(zip(*sides, strict=True))
        held_out, apart = hold_out(rows, _strata(labels, values), where=str(train.path))
        if not apart:
            notes.append(SHARED)
    metric = guess_metric(labels, values)
    return Proposal(name, files, columns, labels, metric, held_out, notes)


def _strata(labels: Mapping[str, Any], values: Sequence[str]) -> Sequence[object]:
    """The class of each row, or the part of the range that its label lies in."""
    if labels["kind"] != "similarity":
        return values
    low, high = labels["low"], labels["high"]
    places = (np.array(values, float) - low) / (high - low) * BINS
    return list(np.minimum(places.astype(int), BINS - 1))
