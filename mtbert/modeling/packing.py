"""Batches without padding: sequences laid end to end in rows, each seeing only itself.

A sequence's tokens carry its number; the mask lets tokens of equal number see each other, and
positions restart with each sequence, so that an encoder gives the same vectors as on padded rows
(Krell et al. 2021, section 3.2). Padded rows are the special case of one sequence a row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mtbert.core.schemas import Ragged

# Whole sequences, special tokens included, laid end to end: ids and types (token,), and lengths
# (sequence,)
Pieces = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class RowShape:
    """Where special tokens stand, and how long sequences and rows may be (in tokens)."""

    prefix: list[int]
    middle: list[int]
    suffix: list[int]
    types: list[int]  # token type of a first and of a second text
    pad: int
    max_length: int
    row_length: int  # rows are filled up to this, or to the longest sequence of the batch
    packed: bool = True

    @classmethod
    def of(cls, sequences: Mapping[str, Any], *, row_length: int, packed: bool) -> "RowShape":
        """Read the shape from what the tokenize stage recorded."""
        names = {item.name for item in fields(cls)} & set(sequences)
        return cls(**{k: sequences[k] for k in names}, row_length=row_length, packed=packed)


@dataclass(frozen=True)
class TaskSlices:
    """Which sequences of a batch are one task's, in the order of its examples."""

    first: slice
    second: slice | None  # None where an example is one sequence


@dataclass(frozen=True)
class TokenBatch:
    """Sequences of one or several tasks in rows."""

    input_ids: Tensor  # (row, token)
    position_ids: Tensor  # (row, token), restarting at 0 with each sequence
    token_type_ids: Tensor  # (row, token)
    sequence: Tensor  # (row, token): number of the sequence, the highest one + 1 for padding
    starts: Tensor  # (sequence,): place of its first token in the rows laid end to end
    parts: dict[str, TaskSlices]
    tokens: int  # real ones
    packed: bool  # whether a row may hold several sequences

    @property
    def slots(self) -> int:
        """Tokens with padding."""
        return self.input_ids.numel()

    def real(self) -> Tensor:
        """1 for tokens, 0 for padding, (row, token)."""
        return (self.sequence < len(self.starts)).long()

    def visible(self) -> Tensor:
        """Whether a token sees another, (row, 1, token, token).

        Padding sees padding, so that no row of the mask is empty: softmax gives no NaN.
        """
        return self.sequence[:, None, :, None] == self.sequence[:, None, None, :]

    def to(self, device: torch.device | str) -> "TokenBatch":
        """Move the tensors to a device; to a GPU from pinned memory, so that nothing waits."""
        tensors = {k: v for k, v in vars(self).items() if isinstance(v, Tensor)}
        if torch.device(device).type == "cuda":
            tensors = {k: v.pin_memory() for k, v in tensors.items()}
        moved: Any = {k: v.to(device, non_blocking=True) for k, v in tensors.items()}
        return replace(self, **moved)


@dataclass(frozen=True)
class TaskExamples:
    """Some examples of one task: their rows in its flat token lists."""

    a: Ragged
    b: Ragged | None
    rows: np.ndarray  # (example,)
    joint: bool = False


def collate(examples: Mapping[str, TaskExamples], shape: RowShape) -> TokenBatch:
    """Assemble one batch of the examples of one or several tasks.

    No Python runs per token; per sequence only the choice of its row.
    """
    pieces: list[Pieces] = []
    parts: dict[str, TaskSlices] = {}
    start = 0
    for task, of_task in examples.items():
        sides = _sequences(of_task, shape)
        middle = start + len(of_task.rows)
        end = start + len(sides) * len(of_task.rows)
        parts[task] = TaskSlices(slice(start, middle), slice(middle, end) if sides[1:] else None)
        pieces, start = pieces + sides, end
    all_ids, all_types, lengths = map(np.concatenate, zip(*pieces, strict=True))
    limit = max(shape.row_length, int(lengths.max())) if shape.packed else 0
    row, column, width = place_sequences(lengths, limit)
    starts = row * width + column
    slots = (int(row.max()) + 1) * width
    ids = np.full(slots, shape.pad, dtype=np.int64)
    positions, types = np.zeros_like(ids), np.zeros_like(ids)
    number = np.full(slots, len(lengths), dtype=np.int64)
    target = spans(starts, lengths)
    ids[target], types[target] = all_ids, all_types
    positions[target] = target - np.repeat(starts, lengths)
    number[target] = np.repeat(np.arange(len(lengths)), lengths)
    return TokenBatch(
        input_ids=torch.from_numpy(ids.reshape(-1, width)),
        position_ids=torch.from_numpy(positions.reshape(-1, width)),
        token_type_ids=torch.from_numpy(types.reshape(-1, width)),
        sequence=torch.from_numpy(number.reshape(-1, width)),
        starts=torch.from_numpy(starts),
        parts=parts,
        tokens=int(lengths.sum()),
        packed=shape.packed,
    )


def place_sequences(lengths: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Place sequences in as few rows of at most `limit` tokens as first fit finds.

    The rows' width is then the smallest at which the longest-first order still fits: a few long
    sequences or a small batch leave no half-empty row.

    With limit 0 every sequence has a row of its own (padded).

    Returns:
        Row and first column of each sequence, (sequence,) each, and the width of the rows.
    """
    if limit == 0:
        return np.arange(len(lengths)), np.zeros_like(lengths), int(lengths.max())
    order, total = np.argsort(-lengths, kind="stable"), int(lengths.sum())
    ordered = lengths[order].tolist()
    rows = -(-total // limit)
    width = max(ordered[0], -(-total // rows))
    while (places := _first_fit(ordered, rows, width)) is None:
        if width == limit:
            rows, width = rows + 1, max(ordered[0], -(-total // (rows + 1)))
        else:
            width = min(limit, width + max(1, width // 64))
    row, column = np.empty_like(lengths), np.empty_like(lengths)
    row[order], column[order] = np.array(places).T
    return row, column, int((column + lengths).max())


def _first_fit(lengths: Sequence[int], rows: int, width: int) -> list[tuple[int, int]] | None:
    fill, places = [0] * rows, []
    for length in lengths:
        for row, used in enumerate(fill):
            if used + length <= width:
                places.append((row, used))
                fill[row] = used + length
                break
        else:
            return None
    return places


def batches_by_length(lengths: np.ndarray, size: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Divide examples into batches of similar length, the longest first: they leave less padding.

    Returns:
        The rows of each batch, and the place of each example in the batches laid end to end,
        (example,).
    """
    order = np.argsort(-lengths, kind="stable")
    return np.split(order, range(size, len(order), size)), order.argsort()


def spans(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Lay the ranges [start, start + length) end to end."""
    ends = np.cumsum(lengths)
    return np.repeat(starts - ends + lengths, lengths) + np.arange(int(lengths.sum()))


def truncated_lengths(a: np.ndarray, b: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """Lengths of two texts cut to `limit` tokens together, the longer one first.

    As Transformers' `longest_first`: the shorter text keeps its whole length while it fits in its
    half; an odd token left over goes to the text that was longer, to the second when equal.
    """
    short = np.minimum(np.minimum(a, b), limit // 2)
    first = np.where(a > b, limit - short, short)
    cut = a + b > limit
    return np.where(cut, first, a), np.where(cut, limit - first, b)


def _sequences(examples: TaskExamples, shape: RowShape) -> list[Pieces]:
    """One list of sequences for single texts and joint pairs, two for siamese pairs."""
    rows, sides = examples.rows, [side for side in (examples.a, examples.b) if side is not None]
    lengths = [side.lengths[rows] for side in sides]
    limit = shape.max_length - len(shape.prefix) - len(shape.suffix)
    if examples.joint:
        both = truncated_lengths(lengths[0], lengths[1], limit - len(shape.middle))
        return [_assemble(sides, both, rows, shape)]
    cut = [np.minimum(item, limit) for item in lengths]
    return [_assemble([side], [n], rows, shape) for side, n in zip(sides, cut, strict=True)]


def _assemble(
    sides: Sequence[Ragged], lengths: Sequence[np.ndarray], rows: np.ndarray, shape: RowShape
) -> Pieces:
    """Write special tokens and the first `lengths` tokens of each side into their places."""
    fixed = [shape.prefix, *[shape.middle] * (len(sides) - 1), shape.suffix]
    total: np.ndarray = np.sum(lengths, axis=0) + sum(map(len, fixed))
    offset = np.cumsum(total) - total
    ids = np.empty(int(total.sum()), dtype=np.int64)
    types = np.empty_like(ids)
    for i, special in enumerate(fixed):
        at = (offset[:, None] + np.arange(len(special))).ravel()
        ids[at] = np.tile(special, len(rows))
        # A separator belongs to the text before it.
        types[at] = shape.types[max(0, i - 1)]
        offset = offset + len(special)
        if i < len(sides):
            at = spans(offset, lengths[i])
            ids[at] = sides[i].ids[spans(sides[i].offsets[rows], lengths[i])]
            types[at] = shape.types[i]
            offset = offset + lengths[i]
    return ids, types, total
