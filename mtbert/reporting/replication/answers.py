"""What the runs of all studies say to the reports' conclusions, as `claims.json` holds it.

Written by the stage `claims`; reporting shows it and judges nothing.
"""

from typing import Literal

from pydantic import Field

from mtbert.core.params import Settings

FILE = "claims.json"


class Relative(Settings):
    """A row's Δm against the study's single-task rows, as a share; why there is none."""

    effect: float | None = None
    low: float | None = None  # of the 95 % interval
    high: float | None = None
    seeds: tuple[int, ...] = ()
    note: str = ""


class Judged(Settings):
    """A claim and its answer."""

    study: str
    says: str
    kind: str
    rows: dict[str, tuple[str, ...]]  # by their part in the claim
    metric: str
    margin: float | None = None
    note: str = ""  # what a reader of the verdict should know
    verdict: Literal["supported", "contradicted", "not decidable"]  # after the correction
    effect: float | None = None
    low: float | None = None  # of the 95 % interval, not corrected
    high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    examples: dict[str, int] = Field(
        default_factory=dict
    )  # by task; of a share of events, their number
    seeds: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()  # rows without a run
    answer: str = ""  # what is to be said of the verdict
    # By its own seeds alone, without the variances that other claims lend it
    own_verdict: Literal["supported", "contradicted", "not decidable"] = "not decidable"
    own_low: float | None = None
    own_high: float | None = None


class Untested(Settings):
    """A conclusion that no claim stands for, and why."""

    study: str
    says: str
    why: str


class Answers(Settings):
    """The whole file."""

    draws: int  # of the dev examples
    records: dict[str, str]  # study -> digest of the results that were judged
    claims: dict[str, Judged]
    untested: tuple[Untested, ...]
    delta_m: dict[str, dict[str, Relative]]  # study -> row
