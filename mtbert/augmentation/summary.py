"""What the augment stage reports: counts, guards, examples with the replaced words marked."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mtbert.augmentation.growing import NewRow, Outcome
from mtbert.augmentation.leakage import Texts
from mtbert.augmentation.settings import TaskAugmentation

EXAMPLES = 10


def summarize(
    rows: Sequence[Texts], ids: Sequence[str], outcome: Outcome, settings: TaskAugmentation
) -> dict[str, Any]:
    """Describe how a train split grew, as plain JSON.

    Args:
        rows: the train split's texts.
        ids: its examples' ids.
        outcome: what became of the draws.
        settings: the task's.
    """
    new = outcome.rows
    draws = [draw for row in new for draw in row.draws.values()]
    return {
        "method": settings.source,
        "seed": settings.seed,
        "rows": {
            "before": len(rows),
            "after": len(rows) + len(new),
            "missing": outcome.wanted - len(new),
        },
        "words": {
            "before": sum(map(_words, rows)),
            "after": sum(map(_words, rows)) + sum(_words(row.texts) for row in new),
            "replaced": sum(len(draw.changes) for draw in draws),
        },
        "rows_without_replaceable_words": len(outcome.unreplaceable),
        "copies_given_up": outcome.given_up,
        "guards": {
            "settings": settings.guards.model_dump(mode="json"),
            # Of the new rows: words that something could have replaced, and did not
            "words_kept": _total(draw.kept for draw in draws),
            # Of the new rows' other words: what may not take their place
            "candidates_refused": _total(draw.refused for draw in draws),
            "draws_refused": _total([outcome.refused]),
        },
        "examples": [_example(row, rows, ids) for row in _spread(new)],
    }


def _words(row: Texts) -> int:
    return sum(len(text.split()) for text in row.values())


def _total(counts: Iterable[Mapping[Any, int]]) -> dict[str, int]:
    """Sums by reason, in the order of the alphabet."""
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))


def _spread(rows: Sequence[NewRow]) -> list[NewRow]:
    """A few rows in which something changed, from all over the split."""
    changed = [row for row in rows if any(draw.changes for draw in row.draws.values())]
    count = min(EXAMPLES, len(changed))
    return [changed[number * len(changed) // count] for number in range(count)]


def _example(row: NewRow, rows: Sequence[Texts], ids: Sequence[str]) -> dict[str, Any]:
    """A new row beside its source: the words of each text, and which were replaced by what."""
    source = rows[row.job.row]
    return {
        "source": ids[row.job.row],
        "texts": {
            side: {
                "words": source[side].split(),
                "replaced": {str(change.position): change.after for change in draw.changes},
            }
            for side, draw in row.draws.items()
        },
    }
