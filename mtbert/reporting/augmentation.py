"""The section on augmentation: how train splits grew, what guards did, examples, leakage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mtbert.reporting.augmented import Augmented, Growth, Lexicon, SharedTexts
from mtbert.reporting.marked_rows import MarkedRow, marked_rows
from mtbert.reporting.results import Results
from mtbert.reporting.tables import NONE, Table, number, table

TITLE = "Augmentation"
GUARDS_NOTE = (
    "Of guards a number, even 0, is what one that is on did. Words kept stand in the new rows' "
    "sources and could have been replaced; candidates refused could have taken the place of their "
    "other words; after a refused draw another one followed, or the copy was given up."
)
LEAKAGE_TITLE = "Leakage: texts that train splits share with dev and test splits"
LEAKAGE_NOTE = (
    "On a text that stood in a train split too, of whatever task, a score shows what a model "
    "remembers and not only how it does on new texts; a whole row is both texts of a pair. "
    "Distinct ones are counted, regardless of case and spaces, and of labels."
)
NO_LEAKAGE = "No train split shares a text with a dev or test split, of whatever task."
SHOWN = 5  # broken lines of a lexicon

Deed = Literal["words_kept", "candidates_refused", "draws_refused"]
# A guard, what it does, and the reason that this is counted under
GUARDS: tuple[tuple[str, Deed, str], ...] = (
    ("sentiment", "words_kept", "sentiment"),
    ("sentiment", "candidates_refused", "sentiment"),
    ("antonyms", "candidates_refused", "antonyms"),
    ("numbers", "words_kept", "numbers"),
    ("numbers", "candidates_refused", "numbers"),
    ("negations", "words_kept", "negations"),
    ("negations", "candidates_refused", "negations"),
    ("duplicates", "draws_refused", "equals_source"),
    ("duplicates", "draws_refused", "equals_another_row"),
    ("held_out", "draws_refused", "equals_held_out"),
)
# Filters are no guards: their settings are not told, and one without a count may be off.
FILTERS = ("stop_words", "parts_of_speech")


@dataclass(frozen=True)
class Grown:
    """What a page shows of one set."""

    name: str
    growth: Table
    guards: Table
    lexicon: str  # empty where no task uses one
    examples: tuple[tuple[str, tuple[MarkedRow, ...]], ...]  # a heading, and one task's rows


def grown(results: Results) -> tuple[Grown, ...]:
    """What to show of each set of new rows, in the order of their names."""
    return tuple(
        Grown(
            name=name,
            growth=_growth(results, name),
            guards=_guards(name, one),
            lexicon=_told(one.lexicon) if one.lexicon else "",
            examples=tuple((_heading(task, g), marked_rows(g)) for task, g in one.tasks.items()),
        )
        for name, one in results.augmented.items()
    )


def leakage(results: Results) -> tuple[Table, ...]:
    """What train splits share with dev and test splits, in one table for the same original data.

    Sets stand in several tables only where the data changed between them.
    """
    groups: dict[Any, dict[str, SharedTexts]] = {}
    for name, one in results.augmented.items():
        shared = one.shared_texts
        groups.setdefault(shared.original, {})[name] = shared
    return tuple(_leakage(sets) for sets in groups.values())


def _growth(results: Results, name: str) -> Table:
    """Rows, words and tokens before and after, one column a task."""
    tasks = results.augmented[name].tasks
    tokens = results.augmented_tokens.get(name)
    before, after = results.tokens["tasks"], tokens.tasks if tokens else {}
    rows: list[list[str]] = [
        ["method", *(one.method for one in tasks.values())],
        ["seed", *(str(one.seed) for one in tasks.values())],
        _numbers("rows before", [one.rows.before for one in tasks.values()]),
        _numbers("rows after", [one.rows.after for one in tasks.values()]),
        _numbers("rows missing", [one.rows.missing for one in tasks.values()]),
        _numbers("words before", [one.words.before for one in tasks.values()]),
        _numbers("words after", [one.words.after for one in tasks.values()]),
        _numbers("words replaced", [one.words.replaced for one in tasks.values()]),
        _numbers("tokens before", [_tokens(before, task) for task in tasks]),
        _numbers("tokens after", [_tokens(after, task) for task in tasks]),
        _numbers(
            "rows without a replaceable word",
            [one.rows_without_replaceable_words for one in tasks.values()],
        ),
        _numbers("copies given up", [one.copies_given_up for one in tasks.values()]),
    ]
    return table(f"{name}: train splits", ["of the train split", *tasks], rows)


def _numbers(name: str, values: Iterable[Any]) -> list[str]:
    return [name, *map(number, values)]


def _tokens(tasks: Mapping[str, Mapping[str, Mapping[str, Any]]], task: str) -> Any:
    return tasks.get(task, {}).get("train", {}).get("tokens")


def _guards(name: str, one: Augmented) -> Table:
    """What each guard did, or that it is off, one column a task."""
    found = [growth.guards for growth in one.tasks.values()]
    rows = []
    for guard, deed, reason in GUARDS:
        counts = [getattr(each, deed).get(reason, 0) for each in found]
        states = [each.settings.get(guard, False) for each in found]
        cells = map(_guarded, states, counts)
        rows.append([f"{_words(guard)}: {_words(deed)}{_why(deed, reason)}", *cells])
    for reason in FILTERS:
        kept = [each.words_kept.get(reason) for each in found]
        if any(kept):
            rows.append([f"{_words(reason)} (a filter): words kept", *map(number, kept)])
    return table(f"{name}: guards", ["guard", *one.tasks], rows)


def _guarded(state: bool | str, count: int) -> str:
    if state in (False, "none"):
        return "off"
    return number(count) if state is True else f"{number(count)} ({_words(str(state))})"


def _why(deed: Deed, reason: str) -> str:
    told = {
        "equals_source": "the source again",
        "equals_another_row": "another row again",
        "equals_held_out": "a dev or test text",
    }
    return f" ({told[reason]})" if deed == "draws_refused" else ""


def _words(name: str) -> str:
    return name.replace("_", " ")


def _leakage(sets: Mapping[str, SharedTexts]) -> Table:
    """Texts and whole rows of each two splits, original and with each set's new rows."""
    first = next(iter(sets.values()))
    found = [first.original, *(shared.augmented for shared in sets.values())]
    columns = [{(one.train, one.held_out): one for one in shared} for shared in found]
    rows = []
    for train, held_out in dict.fromkeys(pair for column in columns for pair in column):
        here = [column.get((train, held_out)) for column in columns]
        whole = any(one is not None and one.rows is not None for one in here)
        texts = [number(one.texts if one else 0) for one in here]
        both = [number(one.rows if one else 0) if whole else NONE for one in here]
        rows.append([f"{train} – {held_out}", *texts, *both])
    names = ["original", *(f"with {name}" for name in sets)]
    header = ["splits", *(f"texts, {n}" for n in names), *(f"whole rows, {n}" for n in names)]
    return table("Shared texts and whole rows", header, rows)


def _told(lexicon: Lexicon) -> str:
    """How much of a lexicon could be read."""
    lines, broken = number(lexicon.lines), lexicon.broken
    start = f"Lexicon {lexicon.file}: {number(lexicon.pairs)} pairs from {lines} lines, "
    if not broken:
        return f"{start}none of them broken."
    shown = "; ".join(f"line {number(one.line)}: {one.reason}" for one in broken[:SHOWN])
    more = f"; and {number(len(broken) - SHOWN)} more" if len(broken) > SHOWN else ""
    return f"{start}{number(len(broken))} broken and not used: {shown}{more}."


def _heading(task: str, growth: Growth) -> str:
    new = growth.rows.after - growth.rows.before
    return f"{task}: {len(growth.examples)} of {number(new)} new rows"
