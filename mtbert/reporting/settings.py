"""What is to be reported: the section `report`, the strategies and the seeds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from mtbert.errors import InputError, choices
from mtbert.params import Settings, read_yaml, validate
from mtbert.seeds import read_seeds


class Report(Settings):
    """Section `report` of the params file."""

    title: Annotated[str, Field(min_length=1)]
    baseline: str


@dataclass(frozen=True)
class Scope:
    """The runs that a report is on: every strategy with every seed, in the params file's order."""

    title: str
    baseline: str
    strategies: tuple[str, ...]
    seeds: tuple[int, ...]


def read_scope(params: Path) -> Scope:
    """Read what to report from a params file.

    Raises:
        InputError: a section does not fit, or `report.baseline` is not among the strategies.
    """
    data = read_yaml(params)
    for section in ("report", "strategies"):
        if section not in data:
            raise InputError(f"{params}: {choices('section', section, data)}")
    report = validate(Report, data["report"], where=f"{params}: report")
    strategies = data["strategies"]
    if not isinstance(strategies, dict) or not strategies:
        raise InputError(
            f"{params}: strategies: expected a mapping of names to changes, found {strategies!r}"
        )
    if report.baseline not in strategies:
        fault = choices("strategy", report.baseline, strategies)
        raise InputError(f"{params}: report.baseline: {fault}")
    return Scope(report.title, report.baseline, tuple(map(str, strategies)), read_seeds(params))
