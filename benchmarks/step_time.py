"""Time of a step of several strategies, side by side: `python benchmarks/step_time.py PLAN… --out`.

Every strategy's model is held in memory, and the strategies take turns (A B C … C B A): what else
the machine does falls on all of them. Each turn trains a few steps of the real loop; its first step
is left out. A strategy's figure is the median over all its steps, with the quartiles; the ratio is
the median over the turns of its own median to the first strategy's in the same round. What a frozen
encoder computes once, before the first step, is told apart.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated, Any

import typer

from mtbert.core.commands import run


def main(
    plans: Annotated[list[Path], typer.Argument(help="plans; the first is what others compare to")],
    out: Annotated[Path, typer.Option(help="JSON file to write")],
    rounds: Annotated[int, typer.Option(help="rounds there and back", min=1)] = 3,
    steps: Annotated[int, typer.Option(help="steps of a turn, the first left out", min=2)] = 6,
) -> None:
    """Measure, and write what was found."""
    from mtbert.core.errors import InputError
    from mtbert.core.outputs import write_text
    from mtbert.experiments.plans import read_plan
    from mtbert.experiments.runs import Run

    runs: dict[str, Run] = {}
    ahead: dict[str, float] = {}
    for path in plans:
        plan = read_plan(path)
        if not plan.train.trained:
            raise InputError(f"{path}: trains no task, so that there is no step to time")
        settings = plan.train.model_copy(update={"steps": steps})
        trained = Run(plan.model_copy(update={"train": settings}), seed=1)
        started = time.perf_counter()
        trained.encoded("train")
        runs[plan.strategy], ahead[plan.strategy] = trained, time.perf_counter() - started
    first = next(iter(runs))
    turns: dict[str, list[list[float]]] = {name: [] for name in runs}
    for number in range(rounds):
        for name in [*runs, *reversed(runs)]:
            turns[name].append(turn(runs[name]))
            print(f"round {number + 1}: {name} {median(turns[name][-1]) * 1e3:.0f} ms", flush=True)
    results = {
        name: {
            "milliseconds": [round(value * 1e3, 1) for value in quartiles(turns[name])],
            "ratio": round(ratio(turns[name], turns[first]), 3),
            "seconds_ahead": round(ahead[name], 1),
            "trainable": sum(part["trainable"] for part in trained.model.parts().values()),
        }
        for name, trained in runs.items()
    }
    command = "python benchmarks/step_time.py " + " ".join(sys.argv[1:])
    report = {"command": command, **machine(trained), "strategies": results}
    write_text(out, json.dumps(report, indent=1) + "\n")
    write_text(out.with_suffix(".md"), render(report))
    print(render(report))


def turn(trained: Any) -> list[float]:
    """Seconds of each step of one turn, but the first."""
    from mtbert.training.log import Log

    seconds: list[float] = []

    class Watch(Log):
        def step(self, **row: Any) -> None:
            seconds.append(row["seconds"])

    with tempfile.TemporaryDirectory() as folder:
        log = Watch(Path(folder), list(trained.plan.tasks), name=trained.name)
        trained.train(lambda *_: None, log)
        log.close()
    return seconds[1:]


def machine(trained: Any) -> dict[str, Any]:
    """What a run was measured on."""
    import torch

    from mtbert.core.environment import hardware, versions

    return {
        "hardware": hardware(trained.device),
        "threads": torch.get_num_threads(),
        "precision": trained.precision,
        "versions": versions(),
    }


def ran_on(report: dict[str, Any]) -> str:
    """The same, as a sentence."""
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    return f"{report['hardware']}, {report['threads']} threads, {report['precision']}; {versions}."


def render(report: dict[str, Any]) -> str:
    """What was measured, as a page."""
    rows = [
        f"| {name} | {row['trainable']:,} | {row['milliseconds'][1]:,.0f} "
        f"({row['milliseconds'][0]:,.0f} – {row['milliseconds'][2]:,.0f}) | {row['ratio']:.2f} | "
        f"{row['seconds_ahead']:.0f} |"
        for name, row in report["strategies"].items()
    ]
    lines = [
        "# Time of a step, side by side",
        "Written by `benchmarks/step_time.py`; do not edit.",
        f"{ran_on(report)} The strategies take turns; milliseconds are the median and the "
        "quartiles, the ratio is to the first strategy in the same round. "
        "Seconds ahead: a frozen encoder's work, done once.",
        "\n".join(
            [
                "| strategy | trainable parameters | ms a step | ratio | seconds ahead |",
                "| :-- | --: | --: | --: | --: |",
                *rows,
            ]
        ),
        f"```sh\n{report['command']}\n```",
    ]
    return "\n\n".join(lines) + "\n"


def quartiles(turns: list[list[float]]) -> list[float]:
    """First quartile, median and third of all steps."""
    return quantiles([value for turn in turns for value in turn], n=4)


def ratio(turns: list[list[float]], base: list[list[float]]) -> float:
    """Median over the turns of the ratio of medians."""
    return median(median(a) / median(b) for a, b in zip(turns, base, strict=True))


if __name__ == "__main__":
    run(main)
