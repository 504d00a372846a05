"""What a report covers: section `report`, the strategies, the seeds and the tasks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from mtbert.core.errors import choices
from mtbert.core.params import Settings, read_params, validate
from mtbert.core.seeds import Seeds
from mtbert.core.tasks import Task, read_tasks
from mtbert.evaluation.ensembles import read_ensembles


class ReportSettings(Settings):
    """Section `report` of the params file."""

    title: Annotated[str, Field(min_length=1)]
    baseline: str


class ReportedSections(Seeds):
    """The sections of the params file that say which runs there are."""

    report: ReportSettings
    strategies: Annotated[dict[str, dict[str, Any] | None], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_its_baseline(self) -> "ReportedSections":
        if (baseline := self.report.baseline) not in self.strategies:
            fault = choices("strategy", baseline, self.strategies)
            raise ValueError(f"report.baseline: {fault}")
        return self


@dataclass(frozen=True)
class Scope:
    """The runs of a report: every strategy with every seed, in the params file's order."""

    title: str
    baseline: str
    strategies: dict[str, dict[str, Any]]  # name -> what it changes in section `train`
    seeds: tuple[int, ...]
    tasks: dict[str, Task]
    sets: tuple[str, ...]  # of new rows, in section `augment`
    ensembles: tuple[str, ...] = ()


def read_scope(params: Path) -> Scope:
    """Read what to report from a params file.

    Raises:
        InputError: a section does not fit, or `report.baseline` is not among the strategies.
    """
    data = read_params(params)
    own = {name: data[name] for name in ReportedSections.model_fields if name in data}
    sections = validate(ReportedSections, own, where=str(params))
    augment = data.get("augment")  # the stage `augment` checks the rest of it
    sets = augment.get("sets") if isinstance(augment, Mapping) else None
    return Scope(
        title=sections.report.title,
        baseline=sections.report.baseline,
        strategies={name: changes or {} for name, changes in sections.strategies.items()},
        seeds=sections.seeds,
        tasks=read_tasks(params),
        sets=tuple(map(str, sets)) if isinstance(sets, Mapping) else (),
        ensembles=tuple(read_ensembles(params)),
    )
