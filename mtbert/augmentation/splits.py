"""One task's train split, from its TEXT table to an AUGMENTED one with its facts."""

from collections.abc import Iterator, Set
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mtbert.augmentation.drawing import Drawer, over_processes
from mtbert.augmentation.growing import Grower
from mtbert.augmentation.leakage import Rows
from mtbert.augmentation.lexicons import Lexicons
from mtbert.augmentation.summary import summarize
from mtbert.augmentation.tables import augmented, sides_of, texts_of

if TYPE_CHECKING:
    import pyarrow as pa


def grow_split(
    name: str, table: "pa.Table", lexicons: Lexicons, *, held_out: Set[str], processes: int
) -> tuple["pa.Table", dict[str, Any]]:
    """Grow a train split.

    Args:
        name: the task's, with settings among those of the lexicons.
        table: its TEXT table.
        lexicons: what words are replaced with.
        held_out: dev and test texts of all tasks, as `leakage.normal` leaves them.
        processes: how many draw.

    Returns:
        The AUGMENTED table, and its facts for the report.

    Raises:
        InputError: a lexicon does not fit.
    """
    settings = lexicons.tasks[name]
    rows, ids = texts_of(table), table["id"].to_pylist()
    sides = sides_of(settings, paired=any("text_b" in row for row in rows))
    grower = Grower(rows, settings, task=name, sides=sides, held_out=held_out)
    with TemporaryDirectory() as work:
        drawer = Drawer(
            lexicons.replacer(name, Path(work)),
            examples=[
                (example, [row[side] for side in sides])
                for example, row in zip(ids, rows, strict=True)
            ],
            task=name,
            seed=settings.seed,
        )
    with over_processes(drawer, processes) as draws:
        outcome = grower.grow(draws)
    return augmented(table, outcome.rows, settings), summarize(rows, ids, outcome, settings)


def vocabulary(rows: Rows) -> frozenset[str]:
    """The words of all train splits."""
    return frozenset(
        word
        for splits in rows.values()
        for row in splits.get("train", ())
        for text in row.values()
        for word in text.split()
    )


def warnings(name: str, facts: dict[str, Any]) -> Iterator[str]:
    """Lines to print on what is not as one might expect."""
    rows = facts["rows"]
    if rows["missing"]:
        yield (
            f"warning: {name}: {rows['missing']:,} new rows fewer than asked for: "
            f"{facts['rows_without_replaceable_words']:,} rows have no word to replace, "
            f"{facts['copies_given_up']:,} copies did not pass the guards; the original rows are "
            "all there"
        )


def warnings_on_lexicon(lexicons: Lexicons) -> Iterator[str]:
    """Lines to print on broken lines of the PPDB file, if it is in use."""
    facts = lexicon_facts(lexicons)
    if facts and facts["broken"]:
        yield (
            f"warning: {facts['file']}: {len(facts['broken']):,} of {facts['lines']:,} lines are "
            f"broken and not used; the first is line {facts['broken'][0]['line']}: "
            f"{facts['broken'][0]['reason']}"
        )


def lexicon_facts(lexicons: Lexicons) -> dict[str, Any] | None:
    """What is known of the PPDB file, as plain JSON; None if no task uses it."""
    if all(task.source != "ppdb" for task in lexicons.tasks.values()):
        return None
    pairs = lexicons.pairs
    return {
        "file": pairs.file,
        "lines": pairs.lines,
        "pairs": len(pairs.pairs),
        "broken": [{"line": line, "reason": reason} for line, reason in pairs.broken],
    }
