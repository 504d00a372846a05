"""The report's section on data: rows, labels, tokens, augmentation, leakage."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd

from mtbert.reporting.report import Report
from mtbert.reporting.tables import NONE, number, rounded

LEAKAGE = (
    "Texts shared with a train split reward memorization. Counts: distinct texts, for pairs also "
    "rows; case, spaces and labels ignored."
)
NO_LEAKAGE = "No train split shares a text with a dev or test split."
GUARDS = (
    "Words kept: replaceable words that a filter or guard protects. Candidates refused: "
    "replacements that a guard rejects. A refused draw is repeated, then given up."
)
DRIFT = (
    "Compared with train: distances of lengths and labels (0: alike, 1: nothing in common), words "
    "that train lacks, beside those of a fifth of train that the rest lacks, and rows of train"
)
SHOWN = 5  # broken lines of a lexicon


class Table(NamedTuple):
    """A table with its caption; prose is set from the left."""

    caption: str
    frame: pd.DataFrame
    prose: bool = False


def data_tables(report: Report) -> list[Table]:
    """Rows, unusable rows, labels and tokens."""
    text, tokens = report.text, report.tokens["tasks"]
    unusable = [
        (f"{task} {split}", facts.get("file", NONE), str(row["line"]), row["reason"])
        for task, splits in text.items()
        for split, facts in splits.items()
        for row in facts.get("unusable", [])
    ]
    caption = (
        f"Tokens: a vocabulary of {number(report.tokens['vocabulary'])}, sequences of at most "
        f"{number(report.tokens['max_length'])} tokens"
    )
    named = pd.DataFrame(unusable, columns=["split", "file", "line or row", "reason"])
    ordered = {task: {s: tokens.get(task, {}).get(s, {}) for s in text[task]} for task in text}
    shown = [
        Table("Rows", _splits(text)),
        Table("Rows that could not be used", named.set_index("split"), prose=True),
        *(Table(f"{task}: labels", _labels(splits)) for task, splits in text.items()),
        Table(caption, _splits(ordered)),
        Table(DRIFT, _drift(text)),
    ]
    return [table for table in shown if len(table.frame)]


def leakage_table(report: Report) -> pd.DataFrame:
    """Texts that train splits share with dev and test splits, without and with each set's rows."""
    rows = {}
    for name, summary in report.augmented.items():
        shared = summary["shared_texts"]
        columns = {"original": shared["original"], f"with {name}": shared["augmented"]}
        for column, pairs in columns.items():
            for pair in pairs:
                whole = f" ({number(pair['rows'])} rows)" if pair.get("rows") is not None else ""
                splits = f"{pair['train']} – {pair['held_out']}"
                rows[splits, column] = number(pair["texts"]) + whole
    if not rows:
        return pd.DataFrame()
    return pd.Series(rows).unstack(fill_value="0").rename_axis("splits")


def _splits(tasks: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> pd.DataFrame:
    """One row for each task and split, one column for each number that any of them has."""
    rows = {
        f"{task} {split}": pd.json_normalize(dict(facts), sep=" ").iloc[0].to_dict()
        for task, splits in tasks.items()
        for split, facts in splits.items()
        if facts
    }
    frame = pd.DataFrame([*rows.values()], index=[*rows])
    kept = [key for key in frame if not str(key).startswith(("file", "unusable", "label", "drift"))]
    texts = {str(key).replace("_", " "): [*map(_count, frame[key])] for key in kept}
    return pd.DataFrame(texts, index=frame.index).rename_axis("split")


def _drift(tasks: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> pd.DataFrame:
    """What dev and test splits have unlike train."""
    rows = {}
    for task, splits in tasks.items():
        for split, facts in splits.items():
            if own := facts.get("drift"):
                rows[f"{task} {split}"] = {
                    **{key: number(own[key], 2) for key in ("lengths", "labels")},
                    "unknown words": f"{own['unknown_words']:.1%}",
                    "within train": f"{own['unknown_words_within_train']:.1%}",
                    "rows of train": f"{own['rows_of_train']:.1%}",
                    "notable": ", ".join(own["notable"]) or NONE,
                }
    return pd.DataFrame(rows).T.rename_axis("split")


def _labels(splits: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Counts and shares of labels, of a range in bins, for the splits that have labels."""
    columns = {}
    for split, facts in splits.items():
        if distribution := dict(facts.get("label_distribution") or {}):
            histogram = distribution.pop("histogram", {"edges": [], "counts": []})
            edges = [f"{edge:g}" for edge in histogram["edges"]]
            bins = map(" to ".join, pairwise(edges))
            distribution |= zip(bins, histogram["counts"], strict=True)
            total = sum(value for value in distribution.values() if isinstance(value, int))
            columns[split] = {name: _share(it, total) for name, it in distribution.items()}
    return pd.DataFrame(columns).fillna(NONE).rename_axis("label")


def grown_set(report: Report, name: str) -> dict[str, Any]:
    """One set of new rows: tables, what was read of the lexicon, and by heading examples."""
    summary = report.augmented[name]
    tasks, tokens = summary["tasks"], report.augmented_tokens.get(name, {"tasks": {}})["tasks"]
    growth, guards, examples = {}, {}, {}
    for task, facts in tasks.items():
        growth[task] = _texts({
            "method": facts["method"],
            "seed": str(facts["seed"]),
            **{f"{unit} {key}": n for unit in ("rows", "words") for key, n in facts[unit].items()},
            "tokens before": _tokens(report.tokens["tasks"], task),
            "tokens after": _tokens(tokens, task),
            "rows without a replaceable word": facts["rows_without_replaceable_words"],
            "copies given up": facts["copies_given_up"],
        })  # fmt: skip
        own = facts["guards"]
        guards[task] = _texts({f"guard {key}": value for key, value in own["settings"].items()} | {
            f"{count_kind}: {reason}": count
            for count_kind in ("words_kept", "candidates_refused", "draws_refused")
            for reason, count in own[count_kind].items()
        })  # fmt: skip
        new = facts["rows"]["after"] - facts["rows"]["before"]
        heading = f"{task}: {len(facts['examples'])} of {number(new)} new rows"
        examples[heading] = facts["examples"]
    frames = {f"{name}: train splits": growth, f"{name}: guards": guards}
    return {
        "tables": [Table(key, pd.DataFrame(own).fillna(NONE)) for key, own in frames.items()],
        "lexicon": _lexicon(summary.get("lexicon")),
        "examples": examples,
    }


def _texts(facts: Mapping[str, Any]) -> dict[str, str]:
    return {key.replace("_", " "): _count(value).replace("_", " ") for key, value in facts.items()}


def _tokens(tasks: Mapping[str, Any], task: str) -> Any:
    return tasks.get(task, {}).get("train", {}).get("tokens")


def _lexicon(lexicon: Mapping[str, Any] | None) -> str:
    """How much of a lexicon could be read."""
    if not lexicon:
        return ""
    broken = lexicon["broken"]
    lines = "; ".join(f"line {row['line']}: {row['reason']}" for row in broken[:SHOWN])
    more = f"; and {number(len(broken) - SHOWN)} more" if len(broken) > SHOWN else ""
    return (
        f"Lexicon {lexicon['file']}: {number(lexicon['pairs'])} pairs from "
        f"{number(lexicon['lines'])} lines, {number(len(broken))} broken"
        f"{': ' if broken else ''}{lines}{more}."
    )


def _count(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value
    return NONE if value is None or pd.isna(value) else rounded(value, 1)


def _share(value: Any, total: int) -> str:
    if not isinstance(value, int):
        return number(value, 2)
    return f"{number(value)} ({value / total:.1%})"
