"""The results at git HEAD beside the present ones: what an experiment changed."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mtbert.core.errors import InputError
from mtbert.core.params import read_json
from mtbert.evaluation.intervals import with_seeds
from mtbert.reporting import tables
from mtbert.reporting.report import Report
from mtbert.reporting.runs import Run, long_scores, training_budget

COLUMNS = ["strategy", "score", "committed", "now", "difference", "updates"]
Budgets = Mapping[str, Mapping[str, float]]  # by strategy and unit


class Comparison(NamedTuple):
    """Old and new scores of the strategies that changed, and what makes them unfair to compare."""

    table: pd.DataFrame  # may be empty
    warnings: Sequence[str]


def compare(report: Report, metrics: Path) -> Comparison | None:
    """Compare with the runs' metrics at git HEAD; None without git, or where nothing differs.

    Only seeds that both sides have are compared, and only scores on the same data; warnings name
    the others.

    The interval of a difference counts both dev sets as drawn independently, which is wider than a
    paired one (the predictions at HEAD are not in git), and seeds as drawn too.
    """
    runs = list(zip(report.facts["strategy"], report.facts["seed"], strict=True))
    committed = {run: _at_head(metrics, f"{run[0]}-{run[1]}.json") for run in runs}
    old_runs = {run: measured for run, measured in committed.items() if measured is not None}
    present = {run: read_json(metrics / f"{run[0]}-{run[1]}.json") for run in old_runs}
    other, warnings = _of_other_origin(old_runs, present)
    table, more = _differences(report, {r: old for r, old in old_runs.items() if r not in other})
    if table.empty and not other:
        return None
    if further := [f"{name}-{seed}" for name, seed in runs if (name, seed) not in old_runs]:
        more.append(f"not committed, so not compared: {', '.join(further)}")
    return Comparison(table, [*warnings, *more])


def _differences(
    report: Report, old_runs: Mapping[Run, Mapping[str, Any]]
) -> tuple[pd.DataFrame, list[str]]:
    """Old and new scores of the strategies that changed, and warnings of other budgets."""
    old_scores = long_scores(old_runs, where="HEAD:.")
    old_scores = old_scores[old_scores["split"] == "dev"]
    measurable = set(zip(old_scores["task"], old_scores["metric"], strict=True))
    columns = [column for column in report.columns if column in measurable]
    if not columns:
        return pd.DataFrame(), []
    counts = [
        {"strategy": name, **training_budget(own, f"HEAD:{name}-{seed}.json")}
        for (name, seed), own in old_runs.items()
    ]
    scores, facts = (
        table[[run in old_runs for run in zip(table["strategy"], table["seed"], strict=True)]]
        for table in (report.scores, report.facts)
    )
    old, new = (tables.wide(table, columns) for table in (old_scores, scores))
    budgets = [tables.budgets(table) for table in (pd.DataFrame(counts), facts)]
    changed = [
        name
        for name, budget in budgets[0].items()
        if not old.loc[[name]].equals(new.loc[[name]]) or budget != budgets[1][name]
    ]
    lines = [_line(report, name, c, old, new, budgets) for name in changed for c in columns[::-1]]
    table = pd.DataFrame([line for line in lines if line], columns=COLUMNS).set_index("strategy")
    return table, [w for name in changed for w in _warnings(name, *(b[name] for b in budgets))]


def _of_other_origin(
    committed: Mapping[Run, Mapping[str, Any]], present: Mapping[Run, Mapping[str, Any]]
) -> tuple[set[Run], list[str]]:
    """The runs whose committed results are of other data, and what to say of data and encoders.

    Results from before both were recorded count as of the same.
    """
    other, strategies = set(), defaultdict[str, list[str]](list)
    for run, before in committed.items():
        for key, name in (("data_source", "other data"), ("encoder", "another encoder")):
            old, new = before.get(key), present[run].get(key)
            if old and new and old != new:
                line = f"committed results are of {name}: {old}, not {new}"
                if key == "data_source":
                    other.add(run)
                    line += "; not compared"
                strategies[line].append(run[0])
    return other, [f"{', '.join(dict.fromkeys(s))}: {line}" for line, s in strategies.items()]


def _line(
    report: Report,
    name: str,
    column: tables.Column,
    old: pd.DataFrame,
    new: pd.DataFrame,
    budgets: Sequence[Budgets],
) -> dict[str, str] | None:
    """A strategy's score before and now; None where either side lacks it."""
    ours, base = new.loc[name][column].dropna(), old.loc[name][column].dropna()
    if ours.empty or base.empty:
        return None
    gap = ours.mean() - base.mean()
    by_seed = (ours - base).dropna()
    width = np.sqrt(2) * report.own_widths.get((name, column), np.nan)
    half = with_seeds(width, by_seed.tolist())
    updates = [tables.number(round(budget[name]["updates"])) for budget in budgets]
    return {
        "strategy": name,
        "score": tables.title(column),
        "committed": tables.spread(base.mean(), base.std()),
        "now": tables.spread(ours.mean(), ours.std()),
        "difference": tables.interval(gap, gap - half, gap + half) if by_seed.any() else "0",
        "updates": " → ".join(dict.fromkeys(updates)),
    }


def _warnings(name: str, old: Mapping[str, float], new: Mapping[str, float]) -> list[str]:
    """A line for each count that differs by more than 5 %."""
    return [
        f"{name}: {tables.number(round(new[unit]))} {unit}, {new[unit] / before:.2g} times those "
        f"committed ({tables.number(round(before))}): the scores differ by training budget, too"
        for unit, before in old.items()
        if before and tables.differs(new[unit], before)
    ]


def _at_head(folder: Path, name: str) -> dict[str, object] | None:
    """A JSON file of the folder as it is at HEAD; None without git or without it.

    Raises:
        InputError: it is not JSON.
    """
    command = ["git", "show", f"HEAD:./{name}"]
    try:
        shown = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    try:
        data = json.loads(shown.stdout)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{folder / name} at git HEAD: not JSON: {error}; commit it anew"
        ) from None
    return data if isinstance(data, dict) else None
