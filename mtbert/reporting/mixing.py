"""How much of each epoch went to each task, out of what the steps logged."""

from collections.abc import Sequence
from statistics import fmean
from typing import Literal

from mtbert.reporting.files import Log
from mtbert.reporting.results import Results, Strategy
from mtbert.reporting.tables import NONE, Table, number, table

# In steps.csv each task has columns of its own, empty where a step did not draw it.
Unit = Literal["batches", "examples"]
UNITS: tuple[Unit, ...] = ("batches", "examples")


def mixing(
    log: Log, tasks: Sequence[str], *, unit: Unit = "batches", parts: int = 1
) -> dict[str, list[tuple[float, float]]]:
    """Give each task's mixing rate over time; in every epoch they sum to 1.

    Where a step has one task, its share of the batches is its share of the steps: the rate that a
    sampler's p_i is seen as. Shares of the examples tell what batch sizes make of it.

    Args:
        log: Columns of steps.csv: epoch and, for each task, `loss_{task}` (for batches) or
            `examples_{task}`.
        tasks: Trained tasks of the run.
        unit: What is counted.
        parts: Into how many parts, of equally many steps, an epoch is cut.

    Returns:
        For each task its points (epoch, share), share from 0 to 1, in the order of the epochs. A
        part's place is the middle of it, where epoch n reaches from n - 0.5 to n + 0.5.
    """
    drawn = {task: _drawn(log, task, unit) for task in tasks}
    points: dict[str, list[tuple[float, float]]] = {task: [] for task in tasks}
    for epoch in sorted(set(log["epoch"])):
        steps = [step for step, number in enumerate(log["epoch"]) if number == epoch]
        for part in range(parts):
            here = steps[len(steps) * part // parts : len(steps) * (part + 1) // parts]
            counts = {task: sum(amounts[step] for step in here) for task, amounts in drawn.items()}
            place = epoch + (part + 0.5) / parts - 0.5
            for task, count in counts.items() if here else ():
                points[task].append((place, count / sum(counts.values())))
    return points


def _drawn(log: Log, task: str, unit: Unit) -> list[float]:
    """What each step drew of a task, (step,)."""
    if unit == "batches":
        return [float(loss is not None) for loss in log[f"loss_{task}"]]
    return [count or 0.0 for count in log[f"examples_{task}"]]


def chooses(one: Strategy) -> bool:
    """Whether some step of a strategy lacks a batch of one of the tasks that it trains on."""
    losses = (run.steps[f"loss_{task}"] for run in one.runs for task in one.trained)
    return any(None in column for column in losses)


def rates(results: Results) -> Table:
    """Strategies of several tasks × each task's share of batches and of examples."""
    several = [one for one in results.strategies if len(one.trained) > 1]
    tasks = [task for task in results.tasks if any(task in one.trained for one in several)]
    shares = {one.name: {unit: _ends(one, unit) for unit in UNITS} for one in several}
    rows = [
        [name, *(found[unit].get(task, NONE) for unit in UNITS for task in tasks)]
        for name, found in shares.items()
    ]
    header = [f"{task}, of {unit}" for unit in UNITS for task in tasks]
    caption = "Mixing rates: each task's share, in the first → last epoch where they differ"
    return table(caption, ["strategy", *header], rows)


def _ends(one: Strategy, unit: Unit) -> dict[str, str]:
    """Each task's share in the first and last epoch, mean over seeds, in one if they are alike."""
    found = [mixing(run.steps, one.trained, unit=unit) for run in one.runs]
    told = {}
    for task in one.trained:
        ends = [number(fmean(shares[task][end][1] for shares in found)) for end in (0, -1)]
        told[task] = " → ".join(dict.fromkeys(ends))
    return told
