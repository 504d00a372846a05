"""What is to be reported: the section `report`, the strategies, the seeds and the tasks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from mtbert.core.errors import InputError, choices
from mtbert.core.params import Settings, read_params, validate
from mtbert.core.seeds import read_seeds
from mtbert.core.tasks import Task, read_tasks


class ReportSettings(Settings):
    """Section `report` of the params file."""

    title: Annotated[str, Field(min_length=1)]
    baseline: str


@dataclass(frozen=True)
class Scope:
    """The runs that a report is on: every strategy with every seed, in the params file's order."""

    title: str
    baseline: str
    strategies: dict[str, dict[str, Any]]  # name -> what it changes in section `train`
    seeds: tuple[int, ...]
    tasks: dict[str, Task]
    sets: tuple[str, ...] = ()  # of new rows, in section `augment`


def read_scope(params: Path) -> Scope:
    """Read what to report from a params file.

    Raises:
        InputError: a section does not fit, or `report.baseline` is not among the strategies.
    """
    data = read_params(params)
    for section in ("report", "strategies"):
        if section not in data:
            raise InputError(f"{params}: {choices('section', section, data)}")
    settings = validate(ReportSettings, data["report"], where=f"{params}: report")
    strategies = _strategies(data["strategies"], params)
    if settings.baseline not in strategies:
        fault = choices("strategy", settings.baseline, strategies)
        raise InputError(f"{params}: report.baseline: {fault}")
    return Scope(
        title=settings.title,
        baseline=settings.baseline,
        strategies=strategies,
        seeds=read_seeds(params),
        tasks=read_tasks(params),
        sets=_sets(data.get("augment")),
    )


def _sets(section: Any) -> tuple[str, ...]:
    """The names of the sets of new rows; the rest of their section is the stage `augment`'s."""
    sets = section.get("sets") if isinstance(section, Mapping) else None
    return tuple(map(str, sets)) if isinstance(sets, Mapping) else ()


def _strategies(section: Any, params: Path) -> dict[str, dict[str, Any]]:
    """What each strategy changes."""
    where = f"{params}: strategies"
    if not isinstance(section, Mapping) or not section:
        raise InputError(f"{where}: expected a mapping of names to changes, found {section!r}")
    for name, changes in section.items():
        if not isinstance(changes or {}, Mapping):
            raise InputError(f"{where}.{name}: expected changes to train, found {changes!r}")
    return {str(name): dict(changes or {}) for name, changes in section.items()}
