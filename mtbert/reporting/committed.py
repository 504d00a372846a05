"""The results at git HEAD beside the present ones: what an experiment changed."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mtbert.evaluation.intervals import with_seeds
from mtbert.reporting import tables
from mtbert.reporting.report import Report
from mtbert.reporting.runs import consumed, score_frame, score_rows


class Comparison(NamedTuple):
    """Old and new scores of the strategies that changed, and what makes them unfair to compare."""

    table: pd.DataFrame
    warnings: Sequence[str]


def compare(report: Report, metrics: Path) -> Comparison | None:
    """Compare with the runs' metrics at git HEAD; None without git, or where nothing differs.

    The interval of a difference counts both dev sets as drawn independently, which is wider than a
    paired one (the predictions at HEAD are not in git), and seeds as drawn too.

    Args:
        report: The present runs.
        metrics: Folder of STRATEGY-SEED.json, in the work tree.
    """
    rows, counts = [], []
    for strategy, seed in zip(report.facts["strategy"], report.facts["seed"], strict=True):
        if old := _at_head(metrics, f"{strategy}-{seed}.json"):
            rows += score_rows(strategy, seed, old, where=f"HEAD:{strategy}-{seed}.json")
            counts.append({"strategy": strategy, **consumed(old)})
    before = score_frame(rows)
    known = report.scores[report.scores["strategy"].isin(before["strategy"])]
    there = set(zip(before["task"], before["metric"], strict=True))
    columns = [column for column in report.columns if column in there]
    if not columns:
        return None
    old, new = (tables.wide(scores, columns) for scores in (before, known))
    budgets = [frame.groupby("strategy")[["updates", "examples"]].mean()
               for frame in (pd.DataFrame(counts), report.facts)]  # fmt: skip
    changed = [
        name
        for name in dict.fromkeys(before["strategy"])
        if not old.loc[name].equals(new.loc[name])
        or any(budgets[0].loc[name, unit] != budgets[1].loc[name, unit] for unit in budgets[0])
    ]
    if not changed:
        return None
    lines = [_line(report, name, c, old, new, budgets) for name in changed for c in columns[::-1]]
    table = pd.DataFrame([line for line in lines if line]).set_index("strategy")
    warnings = [text for name in changed for text in _warnings(name, *budgets)]
    return Comparison(table, warnings)


def _line(
    report: Report,
    name: str,
    column: tables.Column,
    old: pd.DataFrame,
    new: pd.DataFrame,
    budgets: Sequence[pd.DataFrame],
) -> dict[str, str] | None:
    """One strategy and score; None where either side lacks it."""
    ours, base = new.loc[name][column].dropna(), old.loc[name][column].dropna()
    if ours.empty or base.empty:
        return None
    gap = ours.mean() - base.mean()
    by_seed = (ours - base).dropna()
    width = np.sqrt(2) * report.own_widths.get((name, column), np.nan)
    half = with_seeds(width, by_seed.to_numpy())
    updates = [tables.number(round(it.loc[name, "updates"])) for it in budgets]
    return {
        "strategy": name,
        "score": tables.title(column),
        "committed": tables.spread(base.mean(), base.std()),
        "now": tables.spread(ours.mean(), ours.std()),
        "difference": tables.interval(gap, gap - half, gap + half),
        "updates": " → ".join(dict.fromkeys(updates)),
    }


def _warnings(name: str, old: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """One line for each count that differs by more than 5 %."""
    return [
        f"{name}: {tables.number(round(now))} {unit}, {now / before:.2g} times those committed "
        f"({tables.number(round(before))}): the scores differ by training budget, too"
        for unit in old
        if (before := old.loc[name, unit]) and tables.differs(now := new.loc[name, unit], before)
    ]


def _at_head(folder: Path, name: str) -> dict[str, object] | None:
    """A JSON file of the folder as it is at HEAD; None where there is no git, or no such file."""
    command = ["git", "show", f"HEAD:./{name}"]
    try:
        shown = subprocess.run(command, cwd=folder, capture_output=True, check=True)
        data = json.loads(shown.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None
    return data if isinstance(data, dict) else None
