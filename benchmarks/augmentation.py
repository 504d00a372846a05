"""Augmentation beside plain nlpaug: `python -m benchmarks.augmentation TEXT LEXICONS --out FILE`.

Both draw for the same rows from the same seeds with the same lexicons and share of words, guards
off; a faster text that is not the very text that nlpaug makes would score nothing, so every one is
compared. Plain nlpaug runs in one process, as its own `num_thread` makes it slower, and each time
in a fresh one, where NLTK has no synsets in memory yet. Measured are the first new text for each
row, a further one, and what a target size asks for; imports and lexicons, the same for both, are
left out, the start of our processes is not.
"""

import gc
import importlib.metadata
import json
import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtbert.core.commands import run

if TYPE_CHECKING:
    from mtbert.augmentation.batches import Drawer, Job

# Task -> source and size of the train split afterwards: those of the report that did it first.
ARMS = {"sst": ("wordnet", 14_000), "sts": ("ppdb", 16_000)}
FURTHER = 3  # copies of a row, of which the first is taken off
Texts = dict["Job", list[str]]


def main(
    text: Annotated[Path, typer.Argument(help="TEXT tables, {task}/train.parquet")],
    lexicons: Annotated[Path, typer.Argument(help="folder of lexicons")],
    out: Annotated[Path, typer.Option(help="JSON file to write")],
    processes: Annotated[int, typer.Option(help="how many of ours draw", min=1)] = 2,
    rounds: Annotated[int, typer.Option(help="rounds there and back", min=1)] = 3,
) -> None:
    """Measure, and write what was found."""
    from mtbert.core.outputs import write_text

    report: dict[str, Any] = {
        "command": "python -m benchmarks.augmentation " + " ".join(sys.argv[1:]),
        "processes": processes,
        "rounds": rounds,
        "tasks": {},
    }
    for task in ARMS:
        with TemporaryDirectory() as work:
            report["tasks"][task] = measure(
                task, text, lexicons, Path(work), processes=processes, rounds=rounds
            )
    report |= surroundings()
    write_text(out, json.dumps(report, indent=1) + "\n")
    write_text(out.with_suffix(".md"), render(report))
    print(render(report))


def surroundings() -> dict[str, Any]:
    """The processor and the versions."""
    import torch

    from mtbert.core.environment import hardware, versions

    found = {name: importlib.metadata.version(name) for name in ("nlpaug", "nltk")}
    return {"hardware": hardware(torch.device("cpu")), "versions": {**versions(), **found}}


def measure(
    task: str, text: Path, lexicons: Path, work: Path, *, processes: int, rounds: int
) -> dict[str, Any]:
    """Seconds of every part of one task, ours and nlpaug's, in turns."""
    from mtbert.augmentation.batches import Job

    plain, ours, rows = prepare(task, text, lexicons, work)
    first = [Job(row, 1) for row in range(rows)]
    copies = [Job(row, copy) for row in range(rows) for copy in range(1, FURTHER + 1)]
    added = ARMS[task][1] - rows
    target = [Job(number % rows, number // rows + 1) for number in range(added)]
    seconds: dict[str, list[float]] = {}

    for _ in range(rounds):
        for name, jobs in (("first", first), ("copies", copies), ("target", target)):
            slow, expected = in_child(plain, jobs)
            drawer = ours()
            fast, found = timed(partial(drawn, drawer, processes), jobs)
            if found != expected:
                raise SystemExit(f"{task}: {name}: our texts are not those of nlpaug")
            seconds.setdefault(f"plain {name}", []).append(slow)
            seconds.setdefault(f"ours {name}", []).append(fast)
            print(f"{task}: {name}: plain {slow:.2f} s, ours {fast:.2f} s", flush=True)
    return {"source": ARMS[task][0], "rows": rows, "added": added, **told(seconds)}


def timed(draw: Callable[[Sequence["Job"]], Texts], jobs: Sequence["Job"]) -> tuple[float, Texts]:
    """Seconds that drawing for jobs takes, and the texts."""
    begin = time.perf_counter()
    found = draw(jobs)
    return time.perf_counter() - begin, found


def in_child(
    draw: Callable[[Sequence["Job"]], Texts], jobs: Sequence["Job"]
) -> tuple[float, Texts]:
    """The same in a process of its own, without the way of the texts back from there."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)

    def work() -> None:
        # As ours do: the collector need not walk over what is loaded, now and then.
        gc.freeze()
        theirs.send(timed(draw, jobs))

    child = context.Process(target=work)
    child.start()
    found: tuple[float, Texts] = mine.recv()
    child.join()
    return found


def prepare(
    task: str, text: Path, lexicons: Path, work: Path
) -> tuple[Callable[[Sequence["Job"]], Texts], Callable[[], "Drawer"], int]:
    """Nlpaug on a task's rows, ours with nothing remembered, and how many rows there are."""
    from mtbert.augmentation.batches import Drawer
    from mtbert.augmentation.lexicons import Lexicons
    from mtbert.augmentation.replacing import draw_seed, synonym_augmenter
    from mtbert.augmentation.settings import Augment, Guards
    from mtbert.augmentation.splits import vocabulary
    from mtbert.augmentation.tables import sides_of, texts_of
    from mtbert.core.params import validate
    from mtbert.core.schemas import read_table

    table = read_table(text / task / "train.parquet")
    rows = texts_of(table)
    off = {name: False for name in Guards.model_fields if name != "sentiment"}
    source, size = ARMS[task]
    row = {"source": source, "rows": size, "stop_words": "none", "guards": off}
    section = {"tagger": "perceptron", "max_bad_share": 0.01, "sets": {"all": {task: row}}}
    settings = validate(Augment, section, where="augment")
    words = vocabulary({task: {"train": rows}})
    opened = Lexicons(lexicons, settings, "all", words, where="augment")
    opened.check()
    opened.replacer(task, work)
    of_task = opened.tasks[task]
    sides = sides_of(of_task, paired="text_b" in rows[0])
    ids = table["id"].to_pylist()
    examples = [(ids[i], [row[side] for side in sides]) for i, row in enumerate(rows)]
    augmenter = synonym_augmenter(of_task, work / "ppdb.txt" if source == "ppdb" else None)

    def plain(jobs: Sequence["Job"]) -> Texts:
        found = {}
        for job in jobs:
            example, texts = examples[job.row]
            random.seed(draw_seed(of_task.seed, task, example, job.copy, job.attempt))
            found[job] = [augmenter.augment(text)[0] for text in texts]
        return found

    def ours() -> "Drawer":
        replacer = opened.replacer(task, work)
        return Drawer(replacer, examples=examples, task=task, seed=of_task.seed)

    return plain, ours, len(rows)


def drawn(drawer: "Drawer", processes: int, jobs: Sequence["Job"]) -> Texts:
    """Our texts for jobs, by processes that start for them."""
    from mtbert.augmentation.batches import over_processes

    with over_processes(drawer, processes) as draws:
        # Outside of the block the collector may walk over all lexicons, now and then.
        return {job: [draw.text for draw in found] for job, (found, _) in draws(jobs).items()}


def told(seconds: dict[str, list[float]]) -> dict[str, Any]:
    """Medians in seconds, and ratios of the medians; a further copy is what copies add."""
    found = {name: round(median(values), 3) for name, values in seconds.items()}
    for who in ("plain", "ours"):
        added = found[f"{who} copies"] - found[f"{who} first"]
        found[f"{who} further"] = round(added / (FURTHER - 1), 3)
    ratios = {
        name: round(found[f"plain {name}"] / found[f"ours {name}"], 2)
        for name in ("first", "further", "target")
    }
    return {"seconds": found, "times": seconds, "ratios": ratios}


def render(report: dict[str, Any]) -> str:
    """What was measured, as a page."""
    names = {"first": "the first for each row", "further": "a further one for each row"}
    lines = [
        f"| {task} | {row['source']} | {label} | {row['seconds'][f'plain {name}']:.2f} | "
        f"{row['seconds'][f'ours {name}']:.2f} | {row['ratios'][name]:.2f} |"
        for task, row in report["tasks"].items()
        for name, label in {**names, "target": f"{row['added']:,} to the target size"}.items()
    ]
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    parts = [
        "# Augmentation beside plain nlpaug",
        "Written by `benchmarks/augmentation.py`; do not edit.",
        f"{report['hardware']}; plain nlpaug in one process, ours in {report['processes']}; "
        f"{versions}.",
        "New texts for the same rows from the same seeds, the same lexicons and share of words, "
        "guards off; all texts of both were compared and are equal. Seconds are medians of "
        f"{report['rounds']} rounds, imports and the loading of lexicons left out.",
        "\n".join(
            [
                "| task | source | new texts | plain, s | ours, s | ratio |",
                "| :-- | :-- | :-- | --: | --: | --: |",
                *lines,
            ]
        ),
        f"```sh\n{report['command']}\n```",
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    run(main)
