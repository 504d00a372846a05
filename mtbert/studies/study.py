"""A study is one report's experiments: each a row, with what the report printed beside it.

Its file studies/NAME/params.yaml has the rows as strategies, as printed; the budget at work cuts
them down. Stands above the rooms, like `strategies`.
"""

from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mtbert.core.errors import InputError, choices
from mtbert.core.params import Settings, read_yaml, validate
from mtbert.core.seeds import Seeds
from mtbert.core.tasks import LEADERBOARD
from mtbert.experiments.strategies import TrainSettings, settle
from mtbert.modeling.pooling import POOLINGS, Pooler
from mtbert.studies.budgets import Cut, read_budget
from mtbert.training.batches import Subset
from mtbert.training.samplers.all_tasks import AllTasks
from mtbert.training.samplers.rates import Rates

Figure = Annotated[float, Field(ge=-1, le=1)]


class Figures(Settings):
    """What a report prints of a row, on one split; what it leaves out is None."""

    sst: Figure | None = None
    para: Figure | None = None
    sts: Figure | None = None
    overall: Figure | None = None  # by the report's own formula


class Printed(Figures):
    """What a report prints of a row, on dev."""

    test: Figures | None = None
    other: dict[str, dict[str, float]] = Field(default_factory=dict)  # task -> metric -> figure


class Again(Seeds):
    """Rows that are run with more seeds."""

    rows: tuple[str, ...]


class Study(Seeds):
    """The content of studies/NAME/params.yaml."""

    title: Annotated[str, Field(min_length=1)]
    overall: Literal["mean", "leaderboard", "other"]  # which formula the printed overall follows
    # Examples that an epoch has of each task; where a budget cuts it down, in this proportion
    mix: dict[str, Annotated[int, Field(gt=0)]]
    # Shares of the printed batch sizes that are left then, of a task not named all
    batches: dict[str, Annotated[float, Field(gt=0, le=1)]] = Field(default_factory=dict)
    train: dict[str, Any]  # changes to section `train` that all rows share
    strategies: Annotated[dict[str, dict[str, Any] | None], Field(min_length=1)]
    printed: dict[str, Printed]
    # Scores of a row whose printed figures the report itself calls wrong: not compared with ours
    faulty: dict[str, tuple[Literal["sst", "para", "sts", "overall"], ...]] = Field(
        default_factory=dict
    )
    choices: dict[str, str]  # of a row, or of all: what we chose where the report is silent
    again: Again  # `seeds` are those of every row

    @model_validator(mode="after")
    def _rows(self) -> "Study":
        named = {name: [*getattr(self, name)] for name in ("printed", "choices", "faulty")}
        for key, rows in {**named, "again.rows": [*self.again.rows]}.items():
            known = [*self.strategies, *(["all"] if key == "choices" else [])]
            if unknown := [row for row in rows if row not in known]:
                raise ValueError(f"{key}: {choices('row', unknown[0], known)}")
        if set(self.mix) != set(LEADERBOARD):
            raise ValueError(f"mix: expected {', '.join(LEADERBOARD)}, found {', '.join(self.mix)}")
        if twice := set(self.seeds).intersection(self.again.seeds):
            raise ValueError(f"again.seeds: {min(twice)} is among seeds already")
        return self


def read_study(path: Path) -> Study:
    """Read a study's file.

    Raises:
        InputError: it cannot be read, or does not fit.
    """
    return validate(Study, read_yaml(path), where=str(path))


def read_rows(path: Path, params: Path, *, encoder: str) -> dict[str, TrainSettings]:
    """Give the complete settings of a study's rows under the budget at work.

    Args:
        path: The study's file.
        params: The params file, with the budgets.
        encoder: Kind of the encoder: scratch or pretrained.

    Raises:
        InputError: a file, or a row, does not fit.
    """
    study, (name, budget) = read_study(path), read_budget(params)
    cut = budget.studies
    if cut.whole is not None and set(cut.whole) != set(study.mix):
        raise InputError(
            f"{params}: budgets.{name}.studies.whole: expected {', '.join(study.mix)}, found "
            f"{', '.join(cut.whole) or 'none'}"
        )
    rows = settle(params, path, encoder=encoder, over=study.train)
    return {name: shortened(row, cut, study) for name, row in rows.items()}


def shortened(row: TrainSettings, cut: Cut, study: Study) -> TrainSettings:
    """Cut a row's training down as the budget says.

    Its sampler and epochs stay as printed: fewer examples take part in an epoch, other ones in
    each, so that no task loses or gains in proportion to another.

    Args:
        row: The row as printed.
        cut: What becomes of it.
        study: The row's, with its mix of tasks.
    """
    changes: dict[str, Any] = {}
    if cut.pooler:
        poolings = row.pooling.items()
        other = POOLINGS[cut.pooler]()
        changes["pooling"] = {t: other if isinstance(p, Pooler) else p for t, p in poolings}
    if not row.trained:
        return row.model_copy(update=changes)
    changes["learning_rate"] = row.learning_rate * cut.learning_rate
    for key in ("head_learning_rate", "adapter_learning_rate"):
        changes[key] = max(getattr(row, key) * cut.learning_rate, getattr(cut, key))
    if cut.evaluations:
        changes["evaluate_every"] = ceil(row.epochs / cut.evaluations)
    if cut.examples_per_epoch and cut.whole:
        changes |= _fewer(row, cut.examples_per_epoch, whole=cut.whole, study=study)
    if cut.steps:
        changes["steps"] = min(row.steps or cut.steps, cut.steps)
    if cut.examples:
        own = changes.get("examples", row.examples)
        counts = {task: own[task].count if task in own else cut.examples for task in row.trained}
        changes["examples"] = {t: Subset(count=min(n, cut.examples)) for t, n in counts.items()}
    return row.model_copy(update=changes)


def _fewer(
    row: TrainSettings, examples: int, *, whole: Mapping[str, int], study: Study
) -> dict[str, Any]:
    """What an epoch has of each task, in the mix's proportion; batches; a sampler's own steps."""
    mix, left = study.mix, {task: study.batches.get(task, 1.0) for task in row.trained}
    share = examples / sum(mix.values())
    printed = {task: row.examples[task].count for task in row.trained if task in row.examples}
    counts = {task: max(1, round({**mix, **printed}[task] * share)) for task in row.trained}
    found: dict[str, Any] = {
        "examples": {task: Subset(count=n, redraw="epoch") for task, n in counts.items()},
        "batch_size": {
            task: max(1, round(size * left.get(task, 1.0))) for task, size in row.batch_size.items()
        },
    }
    if isinstance(row.sampler, Rates) and (steps := row.sampler.steps_per_epoch):
        sizes = {task: whole[task] for task in row.trained}
        part = steps * _in_a_step(row.sampler, sizes, row.batch_size, row.epochs)
        part *= examples / sum(whole.values())
        in_a_step = _in_a_step(row.sampler, counts, found["batch_size"], row.epochs)
        fewer = {"steps_per_epoch": max(1, round(part / in_a_step))}
        found["sampler"] = row.sampler.model_copy(update=fewer)
    if isinstance(row.sampler, AllTasks) and row.sampler.steps:
        fewer = {"steps": max(1, round(row.sampler.steps * share))}
        found["sampler"] = row.sampler.model_copy(update=fewer)
    return found


def _in_a_step(
    sampler: Rates, sizes: Mapping[str, int], batches: Mapping[str, int], epochs: int
) -> float:
    """Examples that a step draws, on average over a run."""
    rates = [sampler.rates(sizes, epoch=epoch, epochs=epochs) for epoch in range(1, epochs + 1)]
    return sum(own[task] * batches[task] for own in rates for task in own) / epochs
