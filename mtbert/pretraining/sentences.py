"""The sentences to train on: distinct ones of train splits, none that is in a dev or test split."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtbert.core.errors import InputError
from mtbert.core.schemas import TOKENS, Ragged, read_table
from mtbert.pretraining.settings import PretrainSettings
from mtbert.training.batches import stream


@dataclass(frozen=True)
class Sentences:
    """Token ids of distinct sentences, without special tokens."""

    train: Ragged
    held_out: Ragged
    counts: dict[str, int]  # of sentences, and of those that are left out


def read_sentences(
    tokens: Path, settings: PretrainSettings, *, longest: int, ordinary: np.ndarray
) -> Sentences:
    """Collect distinct sentences of the tasks' train splits; hold out a share, by the seed.

    Two sentences are the same if the model sees the same tokens, of which `longest` fit. Dev and
    test sentences of all tasks are left out: one task's train text may be another's dev text. So
    are those without an `ordinary` token, (entry,) bool: nothing in them can be masked.

    Raises:
        InputError: a table cannot be read, or fewer than two sentences are left.
    """
    paths = [path for path in sorted(tokens.glob("*/*.parquet")) if path.stem != "train"]
    evaluated = {text for path in paths for text in _texts(path, longest)}
    texts = [t for task in settings.tasks for t in _texts(tokens / task / "train.parquet", longest)]
    distinct = dict.fromkeys(texts)
    allowed = [text for text in distinct if text not in evaluated]
    usable = [ids for text in allowed if ordinary[ids := np.frombuffer(text, np.int64)].any()]
    if len(usable) < 2:
        raise InputError(
            f"{tokens}: pretrain.tasks: {', '.join(settings.tasks)}: expected two sentences or "
            f"more that stand in no dev or test split, found {len(usable)} of {len(distinct)}"
        )
    count = min(max(1, round(settings.held_out * len(usable))), len(usable) - 1)
    order = stream(settings.seed, "held-out sentences").permutation(len(usable))
    counts = {
        "texts": len(texts),
        "distinct": len(distinct),
        "in_dev_or_test": len(distinct) - len(allowed),
        "without_words": len(allowed) - len(usable),
        "trained_on": len(usable) - count,
        "held_out": count,
    }
    train, rest = ([usable[i] for i in np.sort(part)] for part in (order[count:], order[:count]))
    return Sentences(_ragged(train), _ragged(rest), counts)


def _texts(path: Path, longest: int) -> Iterator[bytes]:
    """The first token ids of every text in a table, as the bytes of int64."""
    table = read_table(path, TOKENS)
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
