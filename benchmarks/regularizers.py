"""Cost of the terms of a loss, side by side: `python -m benchmarks.regularizers PLAN --out FILE`.

Steps: every arm is a run of the plan's model with some term added, through the real loop, at one
batch size for all tasks; the arms take turns as in `benchmarks/step_time.py`. Terms of regularizers
are added to all tasks and compared to plain training on all; in-batch negatives are added to one
task of siamese pairs, and compared to plain training on that one alone. A task with a term goes
through the model by itself, and plain training takes all tasks in one batch, whose matrices are
larger: a plain step that takes the tasks one by one, to tell their gradients apart, shows how much
of a ratio is that.

The loss part alone: see `benchmarks/loss_part.py`.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from benchmarks.loss_part import CONTRASTIVE, loss_part, versus
from benchmarks.step_time import machine, ran_on, turn
from mtbert.core.commands import run
from mtbert.core.errors import InputError

# Regularizers, added to every task.
REGULARIZERS = ("fgm", "pgd", "smart", "rdrop")
APART = "plain, one task at a time"
# What else could cost time, or make steps of different kinds.
ALIKE = {"sampler": "all_tasks", "balancing": "sum", "conflicts_every": 0, "averaging": "none"}


def main(
    plan: Annotated[Path, typer.Argument(help="plan; its model and its tasks are measured")],
    out: Annotated[Path, typer.Option(help="JSON file to write")],
    task: Annotated[str, typer.Option(help="task of siamese pairs")] = "para",
    batch: Annotated[int, typer.Option(help="examples of a task in a step", min=2)] = 32,
    rounds: Annotated[int, typer.Option(help="rounds there and back", min=1)] = 3,
    steps: Annotated[int, typer.Option(help="steps of a turn, the first left out", min=3)] = 6,
) -> None:
    """Measure, and write what was found."""
    from mtbert.core.outputs import write_text
    from mtbert.experiments.plans import read_plan
    from mtbert.experiments.runs import Run

    base = read_plan(plan)
    check_pair(base, task)
    plans = arms(base, task=task, batch=batch, steps=steps)
    runs = {name: Run(changed, seed=1) for name, (changed, _) in plans.items()}
    turns: dict[str, list[list[float]]] = {name: [] for name in runs}
    for number in range(rounds):
        for name in [*runs, *reversed(runs)]:
            turns[name].append(turn(runs[name]))
            print(f"round {number + 1}: {name} {median(turns[name][-1]) * 1e3:.0f} ms", flush=True)
    trained = next(iter(runs.values()))
    report = {
        "command": "python -m benchmarks.regularizers " + " ".join(sys.argv[1:]),
        **machine(trained),
        "batch": batch,
        "tasks": list(base.tasks),
        "pairs": task,
        "terms": {
            name: {
                **versus(turns[name], turns[first]),
                "compared_to": first,
                "to_apart": versus(turns[name], turns[APART])["ratio"]
                if first == "plain"
                else None,
            }
            for name, (_, first) in plans.items()
        },
        "loss_part": loss_part(runs[CONTRASTIVE], task, batch=batch, rounds=rounds),
    }
    write_text(out, json.dumps(report, indent=1) + "\n")
    write_text(out.with_suffix(".md"), render(report))
    print(render(report))


def check_pair(plan: Any, task: str) -> None:
    """Refuse a task that in-batch negatives do not fit.

    Raises:
        InputError: with the reason.
    """
    from mtbert.core.errors import choices, located
    from mtbert.training.auxiliaries import AUXILIARIES
    from mtbert.training.term import TaskFacts

    if task not in plan.tasks:
        raise InputError(f"--task: {choices('task', task, plan.tasks)}")
    siamese = plan.tasks[task].paired and plan.train.encoding.get(task) != "joint"
    with located(f"--task {task}"):
        AUXILIARIES[CONTRASTIVE]().check(TaskFacts(plan.tasks[task].labels, siamese, fixed=False))


def arms(plan: Any, *, task: str, batch: int, steps: int) -> dict[str, tuple[Any, str]]:
    """Each arm's plan, and the arm that it is compared to."""
    everything, alone = list(plan.tasks), f"plain, {task} alone"
    size = {"batch": batch, "steps": steps}
    results = {"plain": (changed(plan, everything, {}, **size), "plain")}
    results[APART] = (changed(plan, everything, {"conflicts_every": 1}, **size), "plain")
    for word in REGULARIZERS:
        terms = {"regularizers": dict.fromkeys(everything, word)}
        results[word] = (changed(plan, everything, terms, **size), "plain")
    results[alone] = (changed(plan, [task], {}, **size), alone)
    terms = {"auxiliaries": {task: CONTRASTIVE}}
    results[CONTRASTIVE] = (changed(plan, [task], terms, **size), alone)
    return results


def changed(
    plan: Any, tasks: list[str], changes: Mapping[str, Any], *, batch: int, steps: int
) -> Any:
    """The plan on some of its tasks, with other settings and no terms but those of `changes`."""
    from mtbert.core.params import validate
    from mtbert.experiments.strategies import TrainSettings

    train = {
        **plan.train.model_dump(mode="json"),
        **ALIKE,
        "tasks": tasks,
        "batch_size": dict.fromkeys(tasks, batch),
        "steps": steps,
        "regularizers": {},
        "auxiliaries": {},
        **changes,
    }
    cut = {
        key: {task: getattr(plan, key)[task] for task in tasks}
        for key in ("tasks", "metrics", "tokens")
    }
    settings = validate(TrainSettings, train, where="train").own()
    return plan.model_copy(update={"train": settings, **cut})


def render(report: dict[str, Any]) -> str:
    """What was measured, as a page."""
    part = report["loss_part"]
    steps = [
        f"| {name} | {span(row, 0)} | {row['ratio']:.2f} | {row['compared_to']} | "
        + (f"{row['to_apart']:.2f} |" if row["to_apart"] else "– |")
        for name, row in report["terms"].items()
    ]
    losses = [
        f"| {name} | {label} | {span(row, 2)} | {row['ratio']:,.1f} |"
        for key, label in (("dropout", "on"), ("no_dropout", "off"))
        for name, row in part[key].items()
    ]
    lines = [
        "# Terms of a loss, side by side",
        "Written by `benchmarks/regularizers.py`; do not edit.",
        ran_on(report),
        f"A step at {report['batch']} examples a task, on {', '.join(report['tasks'])}; "
        f"{CONTRASTIVE} on {report['pairs']} alone. The arms take turns; milliseconds are the "
        "median and the quartiles, the ratio is to the arm named beside it in the same round.",
        "\n".join(
            [
                f"| term | ms a step | ratio | compared to | to {APART} |",
                "| :-- | --: | --: | :-- | --: |",
                *steps,
            ]
        ),
        f"The loss of {CONTRASTIVE} and its gradients alone, from the vectors of one batch, in "
        "fp32: the term, and wang's double loop with a call of the head for every pair. Without "
        f"dropout they agree to {part['gate']:.0e}.",
        "\n".join(
            [
                "| loss part | head's dropout | ms | ratio |",
                "| :-- | :-- | --: | --: |",
                *losses,
            ]
        ),
        f"```sh\n{report['command']}\n```",
    ]
    return "\n\n".join(lines) + "\n"


def span(row: dict[str, Any], digits: int) -> str:
    """Median and quartiles."""
    low, middle, high = (f"{value:,.{digits}f}" for value in row["milliseconds"])
    return f"{middle} ({low} – {high})"


if __name__ == "__main__":
    run(main)
