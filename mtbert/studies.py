"""A study is one report's experiments: each a row, with what the report printed beside it.

Its file studies/NAME/params.yaml has the rows as strategies, as printed; the budget at work cuts
them down. Stands above the rooms, like `strategies`.
"""

from math import ceil
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mtbert.budgets import Cut, read_budget
from mtbert.errors import choices
from mtbert.modeling.pooling import POOLINGS, Pooler
from mtbert.params import Settings, read_yaml, validate
from mtbert.seeds import Seeds
from mtbert.strategies import TrainSettings, settle
from mtbert.training.batches import Subset
from mtbert.training.samplers.rates import Rates
from mtbert.training.samplers.sequential import Sequential

Figure = Annotated[float, Field(ge=-1, le=1)]
TASKS = 3  # of a whole study; a row of fewer has fewer examples an epoch


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
    train: dict[str, Any]  # changes to section `train` that all rows share
    strategies: Annotated[dict[str, dict[str, Any] | None], Field(min_length=1)]
    printed: dict[str, Printed]
    choices: dict[str, str]  # of a row, or of all: what we chose where the report is silent
    again: Again  # `seeds` are those of every row

    @model_validator(mode="after")
    def _rows(self) -> "Study":
        named = {"printed": [*self.printed], "choices": [*self.choices]}
        for key, rows in {**named, "again.rows": [*self.again.rows]}.items():
            known = [*self.strategies, *(["all"] if key == "choices" else [])]
            if unknown := [row for row in rows if row not in known]:
                raise ValueError(f"{key}: {choices('row', unknown[0], known)}")
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
    study, cut = read_study(path), read_budget(params)[1].studies
    rows = settle(params, path, encoder=encoder, over=study.train)
    return {name: shortened(row, cut) for name, row in rows.items()}


def shortened(row: TrainSettings, cut: Cut) -> TrainSettings:
    """Cut a row's training down as the budget says.

    A number of examples becomes a number of steps at the row's own batch sizes, so that rows which
    differ in them see equally many examples. A sampler that draws tasks by their sizes goes on
    doing so; one that goes through the tasks one after the other gets as many of each as it will
    use, or it would never come to the second.
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
    if cut.examples_per_epoch and cut.whole and cut.epochs:
        changes |= _budgeted(row, cut.examples_per_epoch, whole=cut.whole, most=cut.epochs)
    if cut.steps:
        changes["steps"] = min(changes.get("steps", cut.steps), cut.steps)
    if cut.examples:
        own = changes.get("examples", row.examples)
        counts = {task: own[task].count if task in own else cut.examples for task in row.trained}
        changes["examples"] = {t: Subset(count=min(n, cut.examples)) for t, n in counts.items()}
    return row.model_copy(update=changes)


def _budgeted(row: TrainSettings, examples: int, *, whole: int, most: int) -> dict[str, Any]:
    """Steps, epochs, sampler and examples of a row whose epochs stand for so many examples."""
    sizes = [row.batch_size[task] for task in row.trained]
    batch = sum(sizes) / (len(sizes) if row.sampler.one_task else 1)  # examples of a step
    share = len(row.trained) / TASKS
    printed = row.sampler.steps_per_epoch if isinstance(row.sampler, Rates) else None
    if printed:
        share = printed * batch / whole
    steps = max(1, round(row.epochs * examples * share / batch))
    epochs = min(row.epochs, most)
    found: dict[str, Any] = {"steps": steps}
    if isinstance(row.sampler, Rates):
        per_epoch = ceil(steps / epochs)
        found["sampler"] = row.sampler.model_copy(update={"steps_per_epoch": per_epoch})
    if isinstance(row.sampler, Sequential):
        count = ceil(steps * batch / len(sizes) / epochs)
        own = {task: Subset(count=count, redraw="epoch") for task in row.trained}
        found |= {"examples": own | row.examples, "epochs": epochs}
    return found
