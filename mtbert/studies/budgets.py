"""How much the studies may cost: section `budgets` of the params file; key `budget` picks one.

A budget changes other sections (which data, which encoder) and shortens a study's experiments,
which are defined as reported.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mtbert.core.errors import InputError, choices
from mtbert.core.params import Settings, read_yaml, validate


class BudgetLimits(Settings):
    """What a budget limits an experiment to; by default nothing."""

    # Examples of all three tasks in an epoch, instead of a pass over the data, in the proportion of
    # the study's mix; `whole` counts all examples of each task. Samplers shorten themselves.
    examples_per_epoch: Annotated[int, Field(gt=0)] | None = None
    whole: dict[str, Annotated[int, Field(gt=0)]] | None = None
    evaluations: Annotated[int, Field(gt=0)] | None = None  # of dev, at most
    # Instead of the encoder's pooler, where nothing has trained that
    pooler: Literal["mean", "max", "max_mean", "cls"] | None = None
    steps: Annotated[int, Field(gt=0)] | None = None  # at most, of a run
    examples: Annotated[int, Field(gt=0)] | None = None  # at most, that take part of a task
    # Fewer steps need higher rates: a factor of all, and a minimum for newly initialized parts
    learning_rate: Annotated[float, Field(gt=0)] = 1.0
    head_learning_rate: Annotated[float, Field(ge=0)] = 0.0
    adapter_learning_rate: Annotated[float, Field(ge=0)] = 0.0

    @model_validator(mode="after")
    def _together(self) -> "BudgetLimits":
        if (self.examples_per_epoch is None) != (self.whole is None):
            raise ValueError("examples_per_epoch and whole: give both, or neither")
        return self


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
        raise InputError(f"{params}: budgets: expected a mapping of names, found {budgets!r}")
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
