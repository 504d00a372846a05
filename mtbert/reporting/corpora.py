"""The tables on the data: counts, labels, unusable rows, tokens."""

from collections.abc import Mapping
from typing import Any

from mtbert.reporting.results import Results
from mtbert.reporting.tables import NONE, Table, number, table

Splits = Mapping[str, Mapping[str, Any]]  # split -> what is known of it


def counts(results: Results) -> Table:
    """Rows of each task and split, and the plain numbers that `prepare` has on them."""
    return _plain("Rows", results.text)


def tokens(results: Results) -> Table:
    """Token counts and truncations of each task and split."""
    facts = results.tokens
    caption = (
        f"Tokens: a vocabulary of {number(facts['vocabulary'])}, "
        f"sequences of at most {number(facts['max_length'])} tokens"
    )
    known = facts["tasks"]
    ordered = {
        task: {split: known[task][split] for split in splits if split in known.get(task, {})}
        for task, splits in results.text.items()
    }
    return _plain(caption, ordered)


def unusable(results: Results) -> Table:
    """Every row that could not be used, and why."""
    rows = [
        [f"{task} {split}", str(facts.get("file", NONE)), str(row["line"]), str(row["reason"])]
        for task, splits in results.text.items()
        for split, facts in splits.items()
        for row in facts.get("unusable", [])
    ]
    return table(
        "Rows that could not be used", ["split", "file", "line or row", "reason"], rows, prose=True
    )


def labels(results: Results, task: str) -> Table | None:
    """How labels are distributed over the labelled splits of a task; None if nothing is known."""
    splits = {
        split: _bins(facts["label_distribution"])
        for split, facts in results.text.get(task, {}).items()
        if facts.get("label_distribution")
    }
    names = dict.fromkeys(name for found in splits.values() for name in found)
    if not names:
        return None
    rows = [[name, *(_share(found, name) for found in splits.values())] for name in names]
    return table(f"{task}: labels", ["label", *splits], rows)


def _bins(found: Mapping[str, Any]) -> dict[str, Any]:
    """A distribution with its histogram, if it has one, as one count a bin."""
    flat = {name: value for name, value in found.items() if name != "histogram"}
    if "histogram" in found:
        edges, sizes = found["histogram"]["edges"], found["histogram"]["counts"]
        bins = zip(edges[:-1], edges[1:], sizes, strict=True)
        flat |= {f"{low:g} to {high:g}": size for low, high, size in bins}
    return flat


def _plain(caption: str, tasks: Mapping[str, Splits]) -> Table:
    """One row for each task and split, one column for each number known of any of them."""
    facts = {
        f"{task} {split}": _numbers(row)
        for task, rows in tasks.items()
        for split, row in rows.items()
    }
    keys = dict.fromkeys(key for row in facts.values() for key in row)
    header = ["split", *(key.replace("_", " ") for key in keys)]
    rows = [[name, *(number(row.get(key), 1) for key in keys)] for name, row in facts.items()]
    return table(caption, header, rows)


def _numbers(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers known of a split, those of its texts' sizes ({mean, max}) among them."""
    found: dict[str, Any] = {}
    for key, value in facts.items():
        if key in ("words", "characters"):
            found |= {f"{key} {name}": item for name, item in value.items()}
        elif isinstance(value, (int, float)):
            found[key] = value
    return found


def _share(found: Mapping[str, Any], name: str) -> str:
    """A count with its share of the split, or whatever else is known."""
    value = found.get(name)
    if not isinstance(value, int):
        return number(value, 2)
    total = sum(item for item in found.values() if isinstance(item, int))
    return f"{number(value)} ({value / total:.1%})" if total else number(value)
