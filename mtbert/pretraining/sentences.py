"""The sentences to read: distinct ones of train splits, none that a dev or test split has too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mtbert.core.errors import InputError
from mtbert.core.schemas import Ragged, read_table
from mtbert.training.batches import stream

if TYPE_CHECKING:
    import pyarrow as pa

TRAIN = "train"


@dataclass(frozen=True)
class SentenceCounts:
    """How many sentences there are, and why some are left out."""

    texts: int  # of the tasks' train splits, both of a pair
    distinct: int
    in_dev_or_test: int  # of the distinct ones: left out, whichever task's split has them
    without_words: int  # of the rest: left out, since nothing in them can be hidden
    trained_on: int
    held_out: int


@dataclass(frozen=True)
class Sentences:
    """Token ids of distinct sentences, without special tokens."""

    train: Ragged
    held_out: Ragged
    counts: SentenceCounts


def read_sentences(
    tokens: Path,
    tasks: Sequence[str],
    *,
    longest: int,
    ordinary: np.ndarray,
    held_out: float,
    seed: int,
) -> Sentences:
    """Collect the distinct sentences to train on, and hold out a share of them.

    Two sentences are the same if the model sees the same tokens. Dev and test splits of all tasks
    are left out: one task's train text may be another's dev text.

    Args:
        tokens: Folder of TOKENS tables, {task}/{split}.parquet.
        tasks: Whose train splits are read.
        longest: Tokens of a sentence that the model sees.
        ordinary: Which entries of the vocabulary are not special, (entry,) bool.
        held_out: Share of the sentences that is held out.
        seed: Decides which ones.

    Raises:
        InputError: a table cannot be read, or fewer than two sentences are left.
    """
    evaluated = {
        text
        for path in sorted(tokens.glob("*/*.parquet"))
        if path.stem != TRAIN
        for text in _texts(read_table(path), longest)
    }
    tables = [read_table(tokens / task / f"{TRAIN}.parquet") for task in tasks]
    texts = [text for table in tables for text in _texts(table, longest)]
    distinct = dict.fromkeys(texts)
    allowed = [text for text in distinct if text not in evaluated]
    usable = [ids for text in allowed if ordinary[ids := np.frombuffer(text, np.int64)].any()]
    if len(usable) < 2:
        raise InputError(
            f"{tokens}: pretrain.tasks: {', '.join(tasks)}: expected two sentences or more that "
            f"stand in no dev or test split, found {len(usable)} of {len(distinct)}"
        )
    count = min(max(1, round(held_out * len(usable))), len(usable) - 1)
    order = stream(seed, "held-out sentences").permutation(len(usable))
    return Sentences(
        train=_ragged([usable[i] for i in np.sort(order[count:])]),
        held_out=_ragged([usable[i] for i in np.sort(order[:count])]),
        counts=SentenceCounts(
            texts=len(texts),
            distinct=len(distinct),
            in_dev_or_test=len(distinct) - len(allowed),
            without_words=len(allowed) - len(usable),
            trained_on=len(usable) - count,
            held_out=count,
        ),
    )


def _texts(table: "pa.Table", longest: int) -> Iterator[bytes]:
    """Every text's first token ids, as the bytes of int64."""
    for side in ("ids_a", "ids_b"):
        lists = table[side].drop_null().combine_chunks()
        ids = lists.flatten().to_numpy().astype(np.int64)
        lengths = lists.value_lengths().to_numpy()
        ends = np.cumsum(lengths)
        for end, length in zip(ends.tolist(), lengths.tolist(), strict=True):
            yield ids[end - length : end - max(0, length - longest)].tobytes()


def _ragged(sentences: Sequence[np.ndarray]) -> Ragged:
    lengths = [len(ids) for ids in sentences]
    return Ragged(np.concatenate(sentences), np.cumsum([0, *lengths]).astype(np.int64))
