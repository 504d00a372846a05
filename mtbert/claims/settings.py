"""The file of claims: each conclusion of a report as a statement over rows of its study."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mtbert.core.errors import InputError, choices
from mtbert.core.params import Settings, read_yaml, validate

# What rows are compared by; `mtbert.claims.resampling.METRICS` has the formulas.
Metric = Literal["sst", "para", "sts", "mean", "leaderboard", "sst_macro_f1", "para_f1"]
Names = Annotated[tuple[str, ...], Field(min_length=1)]
Bound = Annotated[float, Field(gt=0, lt=1)]


class Base(Settings):
    """What every claim has."""

    study: str  # folder under studies/, of the report that draws the conclusion
    says: Annotated[str, Field(min_length=1)]  # the conclusion in our words
    note: str = ""  # what a reader of the verdict should know

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The rows that it is about, by key."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _distinct(self) -> "Base":
        names = [name for group in self.named.values() for name in group]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"each row may stand once in a claim, found {twice[0]!r} again")
        return self


class Comparison(Base):
    """Each of `rows` against each of `than`."""

    rows: Names
    than: Names
    metric: Metric

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The rows that it is about, by key."""
        return {"rows": self.rows, "than": self.than}


class Greater(Comparison):
    """Every one of `rows` beats every one of `than`, by more than the margin if there is one."""

    kind: Literal["greater"]
    margin: Bound | None = None


class NotGreater(Comparison):
    """None of `rows` beats any of `than` by the margin."""

    kind: Literal["not_greater"]
    margin: Bound


class Equal(Comparison):
    """Every one of `rows` is within the margin of every one of `than`."""

    kind: Literal["equal"]
    margin: Bound


class RangeBelow(Base):
    """All of `rows` lie within less than the margin."""

    kind: Literal["range_below"]
    rows: Annotated[tuple[str, ...], Field(min_length=2)]
    metric: Metric
    margin: Bound

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The rows that it is about, by key."""
        return {"rows": self.rows}


class ShareBelow(Base):
    """Less than a share of the sampled pairs of task gradients conflict (negative cosine)."""

    kind: Literal["share_below"]
    row: str
    metric: Literal["conflicts"]
    margin: Bound

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The rows that it is about, by key."""
        return {"row": (self.row,)}


class Explains(Base):
    """Of the gain from `start` to `end`, two changes apart, the greater part is the first's."""

    kind: Literal["explains"]
    start: str
    first: str  # start with the first change alone
    second: str  # start with the second change alone
    end: str
    metric: Metric

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The rows that it is about, by key."""
        return {key: (getattr(self, key),) for key in ("start", "first", "second", "end")}


class LikeSingle(Base):
    """A row's Δm against single-task runs is within the margin of 0."""

    kind: Literal["like_single"]
    row: str
    single: Annotated[dict[str, str], Field(min_length=1)]  # by task: the row that trains it alone
    metric: Literal["delta_m"]
    margin: Bound

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The rows that it is about, by key."""
        return {"row": (self.row,), "single": tuple(self.single.values())}


Claim = Annotated[
    Greater | NotGreater | Equal | RangeBelow | ShareBelow | Explains | LikeSingle,
    Field(discriminator="kind"),
]


class Untested(Settings):
    """A conclusion that no claim stands for, and why."""

    study: str
    says: Annotated[str, Field(min_length=1)]
    why: Annotated[str, Field(min_length=1)]


class Claims(Settings):
    """The whole file."""

    claims: Annotated[dict[str, Claim], Field(min_length=1)]
    untested: tuple[Untested, ...] = ()

    def rows(self) -> dict[str, list[str]]:
        """Each study's rows that some claim needs, in the order of their first mention."""
        needed: dict[str, dict[str, None]] = {}
        for claim in self.claims.values():
            names = (name for group in claim.named.values() for name in group)
            needed.setdefault(claim.study, {}).update(dict.fromkeys(names))
        return {study: list(names) for study, names in needed.items()}


def read_claims(path: Path, *, known: Mapping[str, Iterable[str]]) -> Claims:
    """Read a file of claims.

    Args:
        path: The file.
        known: The rows of each study.

    Raises:
        InputError: a claim does not fit, or is about a row that its study does not have.
    """
    claims = validate(Claims, read_yaml(path), where=str(path))
    for name, claim in claims.claims.items():
        spot = f"{path}: claims.{name}"
        if claim.study not in known:
            raise InputError(f"{spot}.study: {choices('study', claim.study, known)}")
        rows = list(known[claim.study])
        for key, names in claim.named.items():
            if lost := [one for one in names if one not in rows]:
                raise InputError(f"{spot}.{key}: {choices('row', lost[0], rows)}")
    return claims
