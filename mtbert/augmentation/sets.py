"""Grow the train splits of one set's tasks, and report on them.

An AUGMENTED table is a TEXT table with new rows after the original ones, and further columns, null
in the original rows: `source`, the id of the source row; `method`, where the words came from;
`seed`, of Python's `random` before the draw; and `replaced`, a list of the replaced words: the
text's column, the position among the words of the source row's text, from 0, the word before, and
the one or several words after.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from mtbert.augmentation.growing import Grower, NewRow
from mtbert.augmentation.leakage import Texts, held_out_texts, shared_texts
from mtbert.augmentation.lexicons import load_resources
from mtbert.augmentation.ppdb import WordPairs
from mtbert.augmentation.replacing import Replacer
from mtbert.augmentation.settings import Augment, choose_set
from mtbert.core.errors import InputError
from mtbert.core.schemas import text_schema
from mtbert.core.tasks import Split

COLUMNS = ("text_a", "text_b")
EXAMPLES = 10  # new rows that the report shows


def augmented_schema() -> pa.Schema:
    """The Arrow schema of an AUGMENTED table."""
    change = {"side": pa.string(), "position": pa.int32()}
    change |= {"before": pa.string(), "after": pa.string()}
    columns = {"source": pa.string(), "method": pa.string(), "seed": pa.int64()}
    columns |= {"replaced": pa.list_(pa.struct(change))}
    return pa.schema([*text_schema(), *pa.schema(columns)])


def _texts_of(table: pa.Table) -> list[Texts]:
    """The rows' texts; a single text has no text_b."""
    pairs = zip(*(table[column].to_pylist() for column in COLUMNS), strict=True)
    return [tuple(text for text in pair if text is not None) for pair in pairs]


def grow_set(
    name: str,
    augment: Augment,
    tables: Mapping[str, Mapping[Split, pa.Table]],
    lexicons: Path,
    *,
    processes: int,
    where: str,
) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Grow the train splits of a set's tasks, given the TEXT tables of all tasks by split.

    Returns:
        The AUGMENTED tables by task, and facts for the report.

    Raises:
        InputError: there is no such set, a target size is out of reach, a lexicon is missing or
            cannot be used, or a train split has the id of a new row.
    """
    corpus = {task: {s: _texts_of(t) for s, t in splits.items()} for task, splits in tables.items()}
    trains = {task: splits["train"] for task, splits in corpus.items()}
    words = {w for rows in trains.values() for row in rows for text in row for w in text.split()}
    sizes = {task: len(rows) for task, rows in trains.items()}
    tasks = choose_set(augment, name, sizes, where=where)
    resources = load_resources(lexicons, augment, name, words, where=where)
    original, held_out = shared_texts(corpus), held_out_texts(corpus)
    grown, facts = {}, {}
    for task, settings in tasks.items():
        table, guards = tables[task]["train"], resources.guards[task]
        replacer = Replacer(settings, tagger=resources.tagger, guards=guards, ppdb=resources.ppdb)
        ids = table["id"].to_pylist()
        grower = Grower(task, trains[task], ids, replacer, held_out=held_out)
        grower.grow(processes)
        grown[task], facts[task] = _augmented(table, grower), _growth_facts(grower)
        corpus[task]["train"] = _texts_of(grown[task])
        print(f"{task}: {table.num_rows:,} rows, now {grown[task].num_rows:,}")
    shared = {"original": original, "augmented": shared_texts(corpus)}
    lexicon = resources.ppdb and _lexicon_facts(resources.ppdb)
    return grown, {"lexicon": lexicon, "tasks": facts, "shared_texts": shared}


def _augmented(table: pa.Table, grower: Grower) -> pa.Table:
    labels, method = table["label"].to_pylist(), grower.settings.source
    new = []
    for job, seed, draws, texts in grower.new:
        source = grower.ids[job.row]
        replaced = [
            {"side": COLUMNS[side], **change._asdict()}
            for side, draw in zip(grower.sides, draws, strict=True)
            for change in draw.changes
        ]
        row = {"id": f"{source}+{method}-{job.copy}", "label": labels[job.row], "source": source}
        row |= dict(zip(COLUMNS, texts, strict=False))
        new.append({**row, "method": method, "seed": seed, "replaced": replaced})
    if twice := sorted({row["id"] for row in new} & set(grower.ids)):
        raise InputError(f"train: id {twice[0]!r} is taken, and would be that of a new row")
    return pa.Table.from_pylist([*table.to_pylist(), *new], schema=augmented_schema())


def _growth_facts(grower: Grower) -> dict[str, Any]:
    """How a train split grew, as plain JSON."""
    size, new, settings = len(grower.rows), grower.new, grower.settings
    draws = [draw for row in new for draw in row.draws]
    before = sum(map(_words, grower.rows))
    changed = [row for row in new if any(draw.changes for draw in row.draws)]
    shown = min(EXAMPLES, len(changed))
    return {
        "method": settings.source,
        "seed": settings.seed,
        "rows": {"before": size, "after": size + len(new), "missing": grower.wanted - len(new)},
        "words": {
            "before": before,
            "after": before + sum(_words(row.texts) for row in new),
            "replaced": sum(len(draw.changes) for draw in draws),
        },
        "rows_without_replaceable_words": len(grower.unreplaceable),
        "copies_given_up": grower.given_up,
        "guards": {
            "settings": settings.guards.model_dump(mode="json"),
            "words_kept": _total(draw.kept for draw in draws),
            "candidates_refused": _total(draw.refused for draw in draws),
            "draws_refused": _total([grower.refused]),
        },
        # From all over the split
        "examples": [_example(changed[n * len(changed) // shown], grower) for n in range(shown)],
    }


def _words(row: Texts) -> int:
    return sum(len(text.split()) for text in row)


def _total(counts: Iterable[Mapping[Any, int]]) -> dict[str, int]:
    """Sums by reason, in alphabetical order."""
    return dict(sorted(sum(map(Counter, counts), Counter[str]()).items()))


def _example(row: NewRow, grower: Grower) -> dict[str, Any]:
    """A new row beside its source: the words of each text, and what replaced which of them."""
    source = grower.rows[row.job.row]
    return {
        "source": grower.ids[row.job.row],
        "texts": {
            COLUMNS[side]: {
                "words": source[side].split(),
                "replaced": {str(change.position): change.after for change in draw.changes},
            }
            for side, draw in zip(grower.sides, row.draws, strict=True)
        },
    }


def _lexicon_facts(ppdb: WordPairs) -> dict[str, Any]:
    return {
        "file": ppdb.file,
        "lines": ppdb.lines,
        "pairs": len(ppdb.pairs),
        "broken": [{"line": line, "reason": reason} for line, reason in ppdb.broken],
    }


def growth_warnings(facts: Mapping[str, Any]) -> Iterator[str]:
    """Lines on broken lines of the PPDB file, and on train splits that stay below their target."""
    lexicon = facts["lexicon"]
    if lexicon and lexicon["broken"]:
        yield (
            f"warning: {lexicon['file']}: {len(lexicon['broken']):,} of {lexicon['lines']:,} lines "
            f"are broken and not used; the first is line {lexicon['broken'][0]['line']}: "
            f"{lexicon['broken'][0]['reason']}"
        )
    for task, growth in facts["tasks"].items():
        if missing := growth["rows"]["missing"]:
            yield (
                f"warning: {task}: {missing:,} new rows fewer than requested: "
                f"{growth['rows_without_replaceable_words']:,} rows have no word to replace, "
                f"{growth['copies_given_up']:,} copies did not pass the guards; original rows stay"
            )
