"""Our engine against others: `python -m benchmarks.engine data/plans/main.yaml --out FILE.json`.

Every run is a process of its own. Each arm of a comparison runs between two runs of the first (A B
A C A …), as often as `--rounds` says. Its ratio is to the mean of these two, so that what else the
machine does falls on all; pages show medians over the rounds. First the gate: with dropout off,
in fp32, the losses of the padded loop equal ours, or nothing is measured.
"""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated, Any

import typer

from benchmarks.arms import Spec, fastest_precision
from benchmarks.pages import record
from mtbert.core.commands import run
from mtbert.core.errors import InputError
from mtbert.experiments.plans import read_plan
from mtbert.modeling.encoder import read_config

GATE = 1e-5  # relative difference of losses in the gate; one sum over tokens differs in its order
RIVALS = ("padded", "grouped", "trainer", "trainer_grouped")
PAIRS = {"tasks": ["para", "sts"], "sampler": "round_robin"}  # what sentence-transformers trains
TERMS = {"fgm": "fgm", "pgd": "pgd", "smart": "smart", "rdrop": "rdrop"}


@dataclass(frozen=True)
class Comparison:
    """Arms that take turns; the others are compared with the first."""

    name: str
    arms: Mapping[str, Spec]
    texts: bool = False  # compare texts per second, not tokens


def comparisons(base: Spec) -> Iterator[Comparison]:
    """All comparisons, those that matter most first."""
    for shape in ("own", "bert-base"):
        for precision in ("bf16", "fp32"):
            for encoding in ("siamese", "joint"):
                spec = replace(base, shape=shape, precision=precision, encoding=encoding)
                arms = {name: replace(spec, engine=name) for name in ("ours", *RIVALS)}
                yield Comparison(f"{shape} {precision} {encoding}", arms)
    for precision in ("bf16", "fp32"):
        spec = replace(base, precision=precision)
        plain = {"plain": spec, "per-task gradients": train(spec, conflicts_every=1)}
        pcgrad = train(spec, balancing="pcgrad")
        surgery = {**plain, "pcgrad": pcgrad, "TorchJD pcgrad": replace(spec, engine="torchjd")}
        yield Comparison(f"surgery {precision}", surgery)
        terms = {name: train(spec, regularizers=word) for name, word in TERMS.items()}
        yield Comparison(f"regularizers {precision}", {"plain": spec, **terms})
        pairs = train(
            replace(spec, batch=32), **PAIRS, heads=dict.fromkeys(("para", "sts"), "cosine")
        )
        others = {"sentence-transformers": replace(pairs, engine="sentence_transformers")}
        yield Comparison(f"pairs in turn {precision}", {"ours": pairs, **others})
        inference = {name: replace(spec, engine=name) for name in ("predict", "encode")}
        yield Comparison(f"inference {precision}", inference, texts=True)
        methods = {name: train(spec, adaptation=name) for name in ("lora", "pal")}
        yield Comparison(f"adaptations {precision}", {"full": spec, **methods})
        dropout = {"with dropout": spec, "without": replace(spec, dropout=False)}
        yield Comparison(f"dropout {precision}", dropout)


def growth(base: Spec) -> Iterator[Comparison]:
    """How cost grows: batch, length, tasks, threads."""
    arms = {f"{n} examples a task": replace(base, batch=n) for n in (8, 16, 32, 64, 128)}
    arms |= {f"length {n}": replace(base, batch=16, length=n) for n in (16, 64, 128, 256, 512)}
    arms |= {f"{n} tasks": replace(base, batch=16, copies=n) for n in (1, 2, 4, 8)}
    arms |= {f"{n} threads": replace(base, batch=32, threads=n) for n in (1, 2)}
    yield Comparison(f"growth {base.precision}", arms)


def train(spec: Spec, **changes: Any) -> Spec:
    """A spec with further changes of section train."""
    return replace(spec, train={**spec.train, **changes})


def main(
    plan: Annotated[Path, typer.Argument(help="A plan that dvc repro has written.")],
    out: Annotated[
        Path, typer.Option(help="JSON file; a page and a figure are written beside it.")
    ],
    only: Annotated[
        list[str] | None, typer.Option(help="Comparisons whose names contain one of these.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One comparison, in 3 minutes.")] = False,
    rounds: Annotated[
        int, typer.Option(min=1, help="Runs of each arm but the first, which runs between them.")
    ] = 2,
    steps: Annotated[int, typer.Option(min=3, help="Steps of a run.")] = 12,
    threads: Annotated[int, typer.Option(min=1, help="Threads of each run.")] = 1,
) -> None:
    """Measure, print a table, write JSON, a page and a figure.

    Raises:
        InputError: there is no such plan or comparison, or the gate fails.
    """
    if not plan.is_file():
        raise InputError(f"{plan}: no such plan; dvc repro plan writes it")
    base = Spec(
        str(plan), precision=fastest_precision(), steps=4 if quick else steps, threads=threads
    )
    words = only or [""]
    every = [*comparisons(base), *growth(base)]
    chosen = [it for it in every if any(word in it.name for word in words)]
    if not chosen:
        raise InputError(f"--only: expected a part of {[it.name for it in every]}, found {only}")
    report: dict[str, Any] = {
        "command": "python -m benchmarks.engine " + shlex.join(sys.argv[1:]),
        "order": "rounds, each run between two of the first arm",
        **machine(threads),
        "encoder": encoder_size(plan),
        "gate": gate(base),
        "solvers": in_child("solvers()"),
        "peak": {"before": in_child(f"peak({threads})")},
        "comparisons": {},
    }
    for comparison in chosen[:1] if quick else chosen:
        results = compare(comparison, 1 if quick else rounds)
        report["comparisons"][comparison.name] = results
        out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    report["peak"]["after"] = in_child(f"peak({threads})")
    out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(record(report, out))


def encoder_size(plan: Path) -> list[int]:
    """Layers, hidden size and intermediate size of a plan's encoder."""
    config = read_config(Path(read_plan(plan).encoder.folder))
    keys = ("num_hidden_layers", "hidden_size", "intermediate_size")
    return [int(config[key]) for key in keys]


def compare(comparison: Comparison, rounds: int) -> dict[str, Any]:
    """Run each arm between two runs of the first."""
    first, *others = comparison.arms
    rates: dict[str, list[float]] = {name: [] for name in comparison.arms}
    ratios: dict[str, list[float]] = {name: [] for name in comparison.arms}
    memory, fill = {}, {}
    steps: dict[str, list[float]] = {name: [] for name in comparison.arms}

    def turn(name: str) -> float:
        measured = child(comparison.arms[name])
        rates[name].append(rate(measured, texts=comparison.texts))
        steps[name] += measured["seconds"][1:]
        memory[name] = measured["memory"]
        fill[name] = sum(measured["tokens"]) / sum(measured["slots"])
        print(f"{comparison.name}: {name} {rates[name][-1]:,.0f}/s", flush=True)
        return rates[name][-1]

    before = turn(first)
    for name in others * rounds:
        this, after = turn(name), turn(first)
        ratios[name].append((before + after) / 2 / this)
        before = after
    return {
        name: {
            "per_second": round(median(rates[name]), 1),
            "first_to_this": [round(q, 3) for q in spread(ratios[name] or [1.0])],
            "fill": round(fill[name], 3),
            "memory": memory[name],
            "step": round(median(steps[name]), 4),
            "spec": asdict(spec),
        }
        for name, spec in comparison.arms.items()
    }


def rate(measured: Mapping[str, Any], *, texts: bool) -> float:
    """Tokens (or texts) per second, the first step (or task) left out."""
    amounts = measured["sequences"] if texts else measured["tokens"]
    return float(sum(amounts[1:]) / sum(measured["seconds"][1:]))


def spread(values: list[float]) -> list[float]:
    """First quartile, median, third quartile."""
    return quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3


def child(spec: Spec) -> dict[str, Any]:
    """Run an arm in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.arms", json.dumps(asdict(spec))]
    return last_line(command, str(spec))


def last_line(command: list[str], what: str) -> dict[str, Any]:
    """Run a command; give the JSON of the last line that it prints."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise InputError(f"{what}: {result.stderr.strip().splitlines()[-1]}")
    values: dict[str, Any] = json.loads(result.stdout.strip().splitlines()[-1])
    return values


def gate(base: Spec) -> float:
    """Largest relative difference of our losses and the padded loop's, step by step.

    Raises:
        InputError: they are not the same training.
    """
    spec = replace(base, precision="fp32", dropout=False, steps=5)
    ours, padded = (child(replace(spec, engine=name))["losses"] for name in ("ours", "padded"))
    worst = max(abs(a - b) / abs(b) for a, b in zip(ours, padded, strict=True))
    print(f"gate: losses of ours and of the padded loop differ by {worst:.1e} at most", flush=True)
    if not worst <= GATE:
        raise InputError(f"gate: losses differ by {worst:.1e}, at most {GATE} is accepted")
    return worst


def in_child(call: str) -> dict[str, float]:
    """Call a function of benchmarks.arms in a process of its own."""
    code = f"import json; from benchmarks import arms; print(json.dumps(arms.{call}))"
    command = [sys.executable, "-W", "ignore", "-c", code]
    return last_line(command, call)


def machine(threads: int) -> dict[str, Any]:
    """Hardware and versions."""
    import torch

    from mtbert.core.environment import hardware, versions

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return {"hardware": hardware(device), "threads": threads, "versions": versions()}


if __name__ == "__main__":
    run(main)
