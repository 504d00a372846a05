"""How much the studies may cost: section `budgets` of the params file; key `budget` picks one.

A budget changes other sections (which data, which encoder) and shortens a study's experiments,
which are defined as reported.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from mtbert.core.errors import InputError, choices
from mtbert.core.params import Settings, read_yaml, validate

Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]


class BudgetLimits(Settings):
    """What a budget limits an experiment to; by default nothing."""

    # Examples that take part of a task, at most; printed: of the data that the reports had, which a
    # printed number of steps an epoch goes over a part of
    examples: dict[str, Count] = Field(default_factory=dict)
    printed: dict[str, Count] = Field(default_factory=dict)
    # Instead of the encoder's pooler, where nothing has trained that
    pooler: Literal["mean", "max", "max_mean", "cls"] | None = None
    steps: Count | None = None  # at most, of a run
    # Learning rates of section `recipes`, not the printed ones; heads start fitted
    recipe: bool = False


class Cut(Settings):
    """How a budget cuts down the experiments of one study."""

    # Share of the printed epochs. A frozen encoder's vectors are computed once: there all remain.
    epochs: Share = 1.0
    examples: dict[str, Count] = Field(default_factory=dict)  # of an epoch, others in each
    batches: dict[str, Share] = Field(default_factory=dict)  # share of the printed batch size
    # Experiments about the learning rate: the recipe's, times theirs over the study's
    rates: tuple[str, ...] = ()


class Budget(Settings):
    """One entry of section `budgets`."""

    says: Annotated[str, Field(min_length=1)]  # what it means, for reports
    limits: tuple[str, ...] = ()  # what its figures cannot tell, for reports
    # What it changes in these sections, {} for nothing
    data: dict[str, Any]
    encoder: dict[str, Any]
    lexicons: dict[str, Any]
    augment: dict[str, Any]
    studies: BudgetLimits


def read_budgets(params: Path) -> dict[str, Budget]:
    """Read all budgets of a params file.

    Raises:
        InputError: there are none, or one of them does not fit.
    """
    budgets = read_yaml(params).get("budgets")
    if not isinstance(budgets, Mapping):
        raise InputError(
            f"{params}: budgets: expected a mapping of names, found {budgets!r}; those of the "
            "reports are in studies/, where `mtbert studies` is run"
        )
    return {
        key: validate(Budget, own, where=f"{params}: budgets.{key}") for key, own in budgets.items()
    }


def read_budget(params: Path) -> tuple[str, Budget]:
    """Read the active budget: its name and its content.

    Raises:
        InputError: it is not among `budgets`, or one of them does not fit.
    """
    budgets, name = read_budgets(params), read_yaml(params).get("budget")
    if name not in budgets:
        raise InputError(f"{params}: budget: {choices('budget', name, budgets)}")
    return str(name), budgets[name]
