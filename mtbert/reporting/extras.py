"""What a study's page shows where it is asked for: conflicts, and the time of a step."""

from collections.abc import Sequence
from pathlib import Path

from mtbert.core.errors import InputError
from mtbert.core.params import read_json, validate
from mtbert.reporting import gradients
from mtbert.reporting.records import Record, Times
from mtbert.reporting.results import Strategy
from mtbert.reporting.tables import NONE

# Heading of a column -> each strategy's cell, by its name.
Columns = dict[str, dict[str, str]]


def read_times(path: Path, strategies: Sequence[str]) -> Times:
    """Read what a step takes from a result of benchmarks/step_time.py.

    Args:
        path: The JSON file.
        strategies: Names of those to show; the first is the one that others are compared to.

    Raises:
        InputError: it is no such file, or was measured of other strategies.
    """
    found = read_json(path)
    measured = found.get("strategies")
    if not isinstance(measured, dict) or not measured:
        raise InputError(f"{path}: expected what benchmarks/step_time.py writes; no strategies")
    if missing := [name for name in strategies if name not in measured]:
        raise InputError(f"{path}: strategies: no time of {', '.join(missing)}")
    if (base := next(iter(measured))) != strategies[0]:
        raise InputError(
            f"{path}: measured against {base}, and {strategies[0]} stands first; give "
            f"benchmarks/step_time.py the plan of {strategies[0]} first"
        )
    told = {
        "command": found.get("command"),
        "hardware": found.get("hardware"),
        "threads": found.get("threads"),
        "ratios": {name: measured[name].get("ratio") for name in strategies},
    }
    return validate(Times, told, where=str(path))


def columns(record: Record, strategies: Sequence[Strategy]) -> Columns:
    """The columns that were asked for."""
    found: Columns = {}
    if record.times:
        ratios, base = record.times.ratios, strategies[0].name
        cells = {one.name: _ratio(ratios.get(one.name)) for one in strategies}
        found[f"time a step ÷ {base}'s"] = cells
    if record.conflicts:
        found["share of conflicts"] = {one.name: gradients.share(one) for one in strategies}
    return found


def _ratio(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def remarks(record: Record, strategies: Sequence[Strategy]) -> list[str]:
    """What a reader must know of the columns, a paragraph each."""
    told = []
    if times := record.times:
        told.append(
            f"Times of a step are not the runs' own: the strategies took turns in one process on "
            f"{times.hardware}, {times.threads} threads, with `{times.command}`; the ratio is of "
            f"medians in the same round. A frozen encoder's work ahead of the steps is left out."
        )
    if record.conflicts:
        told.append(gradients.gaps(strategies))
    return [said for said in told if said]
