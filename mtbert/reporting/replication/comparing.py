"""A printed figure against ours, and whether noise alone may set them apart.

Noise is half of a 95 % interval around their difference, from two sources added as independent:
what the size of our dev split leaves around a score (`mtbert.reporting.comparison.noise`), and the
seeds. The printed figure is one run of unknown seed, so that the second is half of the interval
which S seeds of standard deviation s give for one further seed: t(S − 1) · s · sqrt(1 + 1 / S).
With one seed it is unknown, and the noise is that of the dev split alone: a difference within that
is noise, one beyond it may be as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from mtbert.core.tasks import LEADERBOARD, OVERALL
from mtbert.reporting.comparison import Metric, Summary, noise, summarize
from mtbert.reporting.replication.collected import Replication


@dataclass(frozen=True)
class Compared:
    """A score of a row, as printed and as measured."""

    paper: float | None
    split: Literal["dev", "test"]  # that the printed figure is of
    ours: Summary | None
    difference: float | None  # ours − paper
    noise: float | None
    seeds: int
    faulty: bool = False  # whether the report calls the printed figure wrong itself

    @property
    def within(self) -> Literal["within", "beyond", "open"] | None:
        """Whether noise alone may explain the difference; None where nothing is compared."""
        if self.difference is None or self.noise is None or self.split == "test":
            return None
        if abs(self.difference) <= self.noise:
            return "within"
        return "beyond" if self.seeds > 1 else "open"


def scores(study: Replication) -> dict[str, Metric]:
    """What the studies are compared by; an overall score of unknown formula stands as the mean."""
    found = {task: Metric(task, name, f"{task} {name}") for task, name in LEADERBOARD.items()}
    other = study.overall == "other"
    formula = "mean" if other else study.overall
    title = f"overall ({'ours: ' if other else ''}{formula})"
    return {**found, OVERALL: Metric(OVERALL, formula, title)}


def compare(study: Replication, row: str, score: str) -> Compared:
    """Compare one score of a row; that of a row without runs has a printed figure at most."""
    own, metric = study.rows[row], scores(study)[score]
    printed = own.printed
    split: Literal["dev", "test"] = "dev"
    if score not in printed.get("dev", {}) and score in printed.get("test", {}):
        split = "test"
    paper = printed.get(split, {}).get(score)
    one = study.strategy(row)
    values = one.values(metric.group, metric.name)
    faulty = score in own.faulty
    unknown = faulty or (score == OVERALL and study.overall == "other")
    ours, width = summarize(values), noise(one, metric)
    return Compared(
        paper=paper,
        split=split,
        ours=ours,
        difference=None if unknown or ours is None or paper is None else ours.mean - paper,
        noise=None if width is None else sqrt(width**2 + seed_noise(values) ** 2),
        seeds=len(values),
        faulty=faulty,
    )


def seed_noise(values: list[float]) -> float:
    """Half of the 95 % interval that some seeds give for one further seed; 0 where unknown."""
    found = summarize(values)
    if found is None or found.sd is None:
        return 0.0
    from scipy.special import stdtrit

    count = len(values)
    return float(stdtrit(count - 1, 0.975)) * found.sd * sqrt(1 + 1 / count)


def compared(study: Replication, row: str) -> Mapping[str, Compared]:
    """Compare all scores of a row."""
    return {score: compare(study, row, score) for score in scores(study)}


def any_printed(study: Replication) -> bool:
    """Whether a study has printed figures at all."""
    return any(row.printed for row in study.rows.values())
