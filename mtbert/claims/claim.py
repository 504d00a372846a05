"""A claim: one conclusion of a report as a statement about experiments of its study."""

from collections.abc import Mapping, Sized
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mtbert.core.errors import InputError, choices
from mtbert.core.params import Settings, read_yaml, validate

Metric = Literal[
    "sst", "para", "sts", "mean", "leaderboard", "sst_macro_f1", "para_f1", "conflicts", "delta_m"
]
# What each kind says, and the keys that it needs beside study, says, kind and metric
KINDS: dict[str, tuple[str, ...]] = {
    # each of `experiments` beats each of `than`, by the margin if there is one
    "greater": ("experiments", "than"),
    # none of `experiments` beats any of `than` by the margin
    "not_greater": ("experiments", "than", "margin"),
    # each of `experiments` is within the margin of each of `than`
    "equal": ("experiments", "than", "margin"),
    # all of `experiments` lie within less than the margin
    "range_below": ("experiments", "margin"),
    # a smaller share of the sampled pairs of task gradients has a negative cosine
    "share_below": ("experiments", "margin"),
    # of the gain from `start` to `end`, the change in `first` brings more than that in `second`
    "explains": ("start", "first", "second", "end"),
    # Δm of the experiment against single-task runs is within the margin of 0
    "like_single": ("experiments", "single", "margin"),
}
OPTIONAL = {"greater": ("margin",)}
METRICS = {"share_below": ("conflicts",), "like_single": ("delta_m",)}
SCORES = ("sst", "para", "sts", "mean", "leaderboard", "sst_macro_f1", "para_f1")
MOST = 20  # primary claims; of more, Holm's method leaves each too little


class Claim(Settings):
    """One claim, from YAML to the page."""

    study: str  # folder under studies/, of the report that draws the conclusion
    says: Annotated[str, Field(min_length=1)]  # the conclusion in our words
    kind: Literal[
        "greater", "not_greater", "equal", "range_below", "share_below", "explains", "like_single"
    ]
    metric: Metric
    margin: Annotated[float, Field(gt=0, lt=1)] | None = None
    experiments: tuple[str, ...] = ()
    than: tuple[str, ...] = ()
    start: str = ""
    first: str = ""  # start with the first change alone
    second: str = ""  # start with the second change alone
    end: str = ""
    single: dict[str, str] = Field(default_factory=dict)  # by task: what trains it alone
    # A primary claim gets a verdict once it has runs with so many seeds, set before any was made.
    # Of other claims the page shows effect and interval alone.
    seeds: Annotated[int, Field(ge=3)] | None = None
    undecidable: str = ""  # why runs of the studies' own encoder cannot tell
    note: str = ""  # what a reader of the verdict should know

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Claim":
        needed = KINDS[self.kind]
        for key in {key for keys in KINDS.values() for key in keys}:
            value = getattr(self, key)
            if key in needed and not value:
                raise ValueError(f"{key}: required for kind {self.kind}, but not given")
            if value and key not in (*needed, *OPTIONAL.get(self.kind, ())):
                raise ValueError(f"{key}: not an option of kind {self.kind}")
        if self.metric not in (allowed := METRICS.get(self.kind, SCORES)):
            raise ValueError(f"metric: {choices('metric', self.metric, allowed)}")
        least, most = {"range_below": (2, 99), "share_below": (1, 1), "like_single": (1, 1)}.get(
            self.kind, (0, 99)
        )
        if not least <= len(self.experiments) <= most:
            raise ValueError(
                f"experiments: {'exactly one' if most == 1 else 'two or more'} for kind "
                f"{self.kind}, found {len(self.experiments)}"
            )
        names = self.all_named
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"{twice[0]!r} given twice; name each experiment once in a claim")
        if self.seeds and self.undecidable:
            raise ValueError("seeds: of a primary claim, which is decidable; leave one of both out")
        return self

    @property
    def all_named(self) -> tuple[str, ...]:
        """The experiments that it is about."""
        return tuple(name for group in self.named.values() for name in group)

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The experiments that it is about, by key."""
        several = {"experiments": self.experiments, "than": self.than}
        several["single"] = tuple(self.single.values())
        alone = {key: (getattr(self, key),) for key in ("start", "first", "second", "end")}
        return {key: names for key, names in {**several, **alone}.items() if any(names)}


class Untested(Settings):
    """A conclusion that no claim stands for, and why."""

    study: str
    says: Annotated[str, Field(min_length=1)]
    why: Annotated[str, Field(min_length=1)]


class Claims(Settings):
    """The content of studies/claims.yaml."""

    claims: Annotated[dict[str, Claim], Field(min_length=1)]
    untested: tuple[Untested, ...] = ()

    @model_validator(mode="after")
    def _few_are_primary(self) -> "Claims":
        if len(self.primary) > MOST:
            raise ValueError(f"claims: at most {MOST} with `seeds`, found {len(self.primary)}")
        return self

    @property
    def primary(self) -> dict[str, Claim]:
        """The claims that get a verdict."""
        return {name: claim for name, claim in self.claims.items() if claim.seeds}


def read_claims(path: Path, runs: Mapping[str, Mapping[str, Sized]]) -> Claims:
    """Read a file of claims.

    Args:
        path: The file.
        runs: By study, the seeds of each experiment.

    Raises:
        InputError: a claim does not fit, or names an experiment that its study does not have, or
            does not run with so many seeds.
    """
    claims = validate(Claims, read_yaml(path), where=str(path))
    for name, claim in claims.claims.items():
        spot = f"{path}: claims.{name}"
        if claim.study not in runs:
            raise InputError(f"{spot}.study: {choices('study', claim.study, runs)}")
        own = runs[claim.study]
        for key, names in claim.named.items():
            if unknown := [name for name in names if name not in own]:
                raise InputError(f"{spot}.{key}: {choices('experiment', unknown[0], own)}")
        fewest = min(claim.all_named, key=lambda name: len(own[name]))
        if claim.seeds and len(own[fewest]) < claim.seeds:
            raise InputError(
                f"{spot}.seeds: {claim.seeds}, and {claim.study} runs {fewest} with "
                f"{len(own[fewest])}"
            )
    return claims
