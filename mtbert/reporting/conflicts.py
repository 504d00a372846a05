"""How a run's task gradients lay to each other in the steps that were sampled, pair by pair."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean, median
from typing import Any

from mtbert.core.errors import InputError
from mtbert.core.params import Settings
from mtbert.reporting.files import MEND, Log, read_log

NUMBERS = ("step", "cosine", "norm_first", "norm_second")
# What rounding may add to a cosine of 1.
SLACK = 1e-3


@dataclass(frozen=True)
class Sample:
    """Two tasks' gradients of the shared parameters in one step; None where one of them is 0."""

    step: float
    cosine: float | None
    ratio: float | None  # of their norms, larger to smaller


# Two tasks, in the order of the run's tasks, to their samples in the order of the steps.
Samples = dict[tuple[str, str], list[Sample]]


class Pair(Settings):
    """What the samples of two tasks come to; the last three are None without any cosine."""

    first: str
    second: str
    steps: int  # that have a cosine
    negative: int  # of these
    mean: float | None  # cosine
    median: float | None  # cosine
    ratio: float | None  # median of the norms', larger to smaller


class Conflicts(Settings):
    """What the samples of a run come to."""

    met: int  # steps in which several tasks met, sampled or not
    pairs: tuple[Pair, ...]

    @property
    def share(self) -> float | None:
        """Share of negative cosines among all of them; None where there is none."""
        steps = sum(pair.steps for pair in self.pairs)
        return sum(pair.negative for pair in self.pairs) / steps if steps else None


def read_conflicts(path: Path, tasks: Sequence[str]) -> Samples:
    """Read conflicts.csv; of a run that sampled nothing it holds its header alone.

    Raises:
        InputError: the file is missing or broken, names other tasks than the run's, or has a cosine
            or a norm that cannot be one.
    """
    log = read_log(path, NUMBERS, words=("first", "second"), may_be_empty=True)
    places = {task: place for place, task in enumerate(tasks)}
    samples: Samples = {pair: [] for pair in combinations(tasks, 2)}
    for line, cells in enumerate(zip(*log.values(), strict=True), start=2):
        row = dict(zip(log, cells, strict=True))
        pair = (row["first"], row["second"])
        if not {*pair} <= {*tasks} or len({*pair}) < 2:
            raise InputError(
                f"{path}: line {line}: expected two of the tasks {', '.join(tasks)}, found "
                f"{pair[0]!r} and {pair[1]!r}; {MEND}"
            )
        one, other = sorted(pair, key=places.__getitem__)
        samples[one, other].append(_sample(row, f"{path}: line {line}"))
    return {pair: found for pair, found in samples.items() if found}


def _sample(row: Mapping[str, Any], where: str) -> Sample:
    step, cosine, *norms = (row[name] for name in NUMBERS)
    # NaN fails every comparison.
    if step is None or any(norm is None or not 0 <= norm < float("inf") for norm in norms):
        raise InputError(f"{where}: expected a step and two norms, found {[step, *norms]}; {MEND}")
    if cosine is None:
        return Sample(step, None, None)
    if not abs(cosine) <= 1 + SLACK or not min(norms):
        raise InputError(
            f"{where}: cosine: expected a number from -1 to 1 where no norm is 0, found "
            f"{cosine} of norms {norms[0]} and {norms[1]}; {MEND}"
        )
    return Sample(step, cosine, max(norms) / min(norms))


def summarize_conflicts(samples: Samples, steps: Log, tasks: Sequence[str]) -> Conflicts:
    """Work out each pair's share of negative cosines, its cosine and its norms' ratio.

    Args:
        samples: What `read_conflicts` read.
        steps: Columns of steps.csv, `loss_{task}` of each task among them.
        tasks: Tasks of the run.
    """
    losses = zip(*(steps[f"loss_{task}"] for task in tasks), strict=True)
    met = sum(sum(loss is not None for loss in step) > 1 for step in losses)
    return Conflicts(met=met, pairs=tuple(_pair(*pair, found) for pair, found in samples.items()))


def _pair(first: str, second: str, samples: Sequence[Sample]) -> Pair:
    cosines = [one.cosine for one in samples if one.cosine is not None]
    ratios = [one.ratio for one in samples if one.ratio is not None]
    return Pair(
        first=first,
        second=second,
        steps=len(cosines),
        negative=sum(cosine < 0 for cosine in cosines),
        mean=_rounded(fmean, cosines),
        median=_rounded(median, cosines),
        ratio=_rounded(median, ratios),
    )


def _rounded(average: Callable[[Sequence[float]], float], values: Sequence[float]) -> float | None:
    return round(average(values), 6) if values else None
