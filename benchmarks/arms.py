"""One timed run, in a process of its own: `python -m benchmarks.arms SPEC` prints one line of JSON.

All arms read the same plan: its tokens, initial weights (seed 1), heads, objectives, optimizer,
schedule, clipping and order of examples. They differ in the loop alone.
"""

import dataclasses
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

# Shapes with random weights, for encoders whose weights are not at hand
SHAPES: dict[str, dict[str, int]] = {
    "bert-base": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12},
    "minilm": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12},
}


PREDICTED = 2_000  # examples of each task, in comparisons of inference


@dataclass(frozen=True)
class Spec:
    """What one run is."""

    plan: str
    engine: str = "ours"  # a name in `engines()`
    precision: str = "bf16"
    encoding: str = "siamese"
    shape: str = "own"  # the plan's encoder, or one of SHAPES
    batch: int = 0  # examples of each task in a step; 0: as the plan has
    steps: int = 12
    threads: int = 1
    length: int = 0  # tokens of every text, drawn at random; 0: the real texts
    copies: int = 0  # so many tasks like the first one; 0: the plan's tasks
    dropout: bool = True
    train: dict[str, Any] = field(default_factory=dict)  # further changes of section train


@dataclass
class Measured:
    """What came out: one entry for each step."""

    seconds: list[float] = field(default_factory=list)  # CPU time; on a GPU, wall time
    tokens: list[int] = field(default_factory=list)  # real ones
    slots: list[int] = field(default_factory=list)  # with padding
    losses: list[float] = field(default_factory=list)  # sum over the tasks
    sequences: list[int] = field(default_factory=list)  # in comparisons of inference
    memory: int = 0  # peak, in MB


class Clock:
    """Time between ticks: of this process' CPU, which neighbours do not change, or on a GPU."""

    def __init__(self) -> None:
        import torch

        self.cuda = torch.cuda.is_available()
        self.last = self.now()

    def now(self) -> float:
        """Seconds."""
        import torch

        if self.cuda:
            torch.cuda.synchronize()
            return time.perf_counter()
        return time.process_time()

    def tick(self) -> float:
        """Seconds since the last tick."""
        before, self.last = self.last, self.now()
        return self.last - before


def measure(spec: Spec) -> Measured:
    """Run an arm."""
    import torch

    torch.set_num_threads(spec.threads)
    measured = Measured()
    engines()[spec.engine](spec, measured)
    if torch.cuda.is_available():
        measured.memory = torch.cuda.max_memory_allocated() >> 20
    else:
        measured.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return measured


def engines() -> dict[str, Callable[[Spec, Measured], None]]:
    """Every way to train or to predict."""
    from benchmarks import rivals

    return {
        "ours": ours,
        "predict": predict,
        "padded": rivals.padded,
        "grouped": rivals.grouped,
        "trainer": rivals.trainer,
        "trainer_grouped": rivals.trainer_grouped,
        "sentence_transformers": rivals.sentence_transformers,
        "encode": rivals.encode,
        "torchjd": rivals.torchjd,
    }


def prepared(spec: Spec) -> Any:
    """The run of a spec: model, tokens, order of examples."""
    from mtbert.core.params import validate
    from mtbert.experiments.plans import read_plan
    from mtbert.experiments.run import Run
    from mtbert.experiments.strategies import TrainSettings

    plan = read_plan(Path(spec.plan))
    if spec.copies:
        plan = copied(plan, spec.copies)
    tasks = spec.train.get("tasks", list(plan.tasks))
    train = {
        **plan.train.model_dump(mode="json"),
        "conflicts_every": 0,
        "steps": spec.steps,
        "precision": spec.precision,
        "encoding": dict.fromkeys(plan.train.encoding, spec.encoding),
        "batch_size": dict.fromkeys(tasks, spec.batch) if spec.batch else plan.train.batch_size,
        **spec.train,
    }
    if spec.encoding == "joint":  # cosines need two vectors
        train["heads"] = {task: {"name": "linear"} for task in tasks}
    settings = validate(TrainSettings, train, where="train").per_task().restrict_to_tasks()
    cut = {k: {t: getattr(plan, k)[t] for t in tasks} for k in ("tasks", "metrics", "tokens")}
    encoder = plan.encoder
    if spec.shape != "own":
        folder = tempfile.mkdtemp()
        config = {"model_type": "bert", "max_position_embeddings": 512, **SHAPES[spec.shape]}
        config["intermediate_size"] = 4 * config["hidden_size"]
        (Path(folder) / "config.json").write_text(json.dumps(config))
        encoder = encoder.model_copy(update={"folder": folder})
    run = Run(plan.model_copy(update={"train": settings, "encoder": encoder, **cut}), seed=1)
    if not spec.dropout:
        without_dropout(run.model)
    if spec.length:
        for task, split in run.tokens["train"].items():
            sides = {name: of_length(getattr(split, name), spec.length) for name in ("a", "b")}
            run.tokens["train"][task] = dataclasses.replace(split, **sides)
    return run


def copied(plan: Any, count: int) -> Any:
    """A plan with several tasks like its first one."""
    first = next(iter(plan.tasks))
    names = [f"{first}{number}" for number in range(count)]
    train = plan.train.model_copy(
        update={
            "tasks": tuple(names),
            **{
                key: dict.fromkeys(names, value[first])
                for key, value in plan.train.by_task.items()
                if first in value
            },
        }
    )
    fields = ("tasks", "metrics", "tokens")
    cut = {key: dict.fromkeys(names, getattr(plan, key)[first]) for key in fields}
    return plan.model_copy(update={"train": train, **cut})


def of_length(side: Any, length: int) -> Any:
    """Random texts whose sequences have one length, special tokens included."""
    from mtbert.core.schemas import Ragged

    if side is None:
        return None
    count, inner = len(side.offsets) - 1, length - 2
    ids = np.random.default_rng(0).integers(1000, 4000, count * inner)
    return Ragged(ids, np.arange(count + 1) * inner)


def without_dropout(model: Any) -> None:
    """Switch dropout off for good, as the gates need it."""
    from torch import nn

    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        if hasattr(module, "dropout_prob"):
            module.dropout_prob = 0.0


def order(run: Any, steps: int) -> Iterator[dict[str, np.ndarray]]:
    """The rows of each step, as our loop draws them."""
    from mtbert.training.run_steps import RunSteps

    data = run.task_data()
    sizes = {task: item.size for task, item in data.items()}
    batch_size = {task: item.batch_size for task, item in data.items()}
    plan = RunSteps(run.plan.train.sampler, sizes, batch_size, run.seed)
    for epoch in range(1, plan.length(epochs=1, steps=steps).started + 1):
        drawn = {
            task: item.batches(task, seed=run.seed, epoch=epoch) for task, item in data.items()
        }
        for tasks in plan.epoch(epoch, epochs=1):
            yield {task: next(drawn[task]) for task in tasks}


def ours(spec: Spec, measured: Measured) -> None:
    """The training loop of this project."""
    from mtbert.training.log import Log

    run, clock = prepared(spec), Clock()
    run.encoded("train")  # a frozen encoder's work, done once

    class Watch(Log):
        def step(self, **row: Any) -> None:
            super().step(**row)
            measured.seconds.append(clock.tick())
            measured.tokens.append(row["task_losses"].tokens)
            measured.slots.append(row["task_losses"].slots)
            measured.losses.append(sum(row["losses"].values()))

    with tempfile.TemporaryDirectory() as folder:
        log = Watch(Path(folder), list(run.plan.tasks), name=run.name)
        clock.tick()
        run.train(lambda *_: None, log)
        log.close()


def predict(spec: Spec, measured: Measured) -> None:
    """Sentence vectors of the train splits; a "step" is one task."""
    import torch

    from mtbert.core.schemas import Ragged, Tokens
    from mtbert.modeling.prediction import encode_splits

    def first_lists(side: Ragged | None) -> Any:
        return side and Ragged(side.ids, side.offsets[: PREDICTED + 1])

    run, clock = prepared(spec), Clock()
    for task, split in run.tokens["train"].items():
        part = Tokens(
            split.example_ids[:PREDICTED], *map(first_lists, (split.a, split.b)), split.labels
        )
        clock.tick()
        with run.autocast(), torch.inference_mode():
            batch = encode_splits(run.model, {task: part}, run.shape)
        measured.seconds.append(clock.tick())
        measured.tokens.append(batch.tokens)
        measured.slots.append(batch.slots)
        measured.sequences.append(len(part) * (1 if split.b is None else 2))


def fastest_precision() -> str:
    """bf16 where this machine has it, else fp32."""
    import torch

    from mtbert.training.precision import choose_precision

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return choose_precision("bf16", device, {"model_type": "bert"})[0]


def peak(threads: int) -> dict[str, float]:
    """FLOP/s of a matrix product of 2048 x 2048, in the precisions of this machine; best of 8."""
    import torch

    torch.set_num_threads(threads)
    size, results = 2048, {}
    for name in dict.fromkeys((fastest_precision(), "fp32")):
        dtype = torch.bfloat16 if name == "bf16" else torch.float32
        a = torch.randn(size, size, device="cuda" if torch.cuda.is_available() else "cpu").to(dtype)
        clock, seconds = Clock(), []
        for _ in range(8):
            clock.tick()
            torch.mm(a, a)
            seconds.append(clock.tick())
        results[name] = 2 * size**3 / min(seconds)
    return results


def solvers() -> dict[str, float]:
    """Milliseconds of CPU time in which each aggregator weighs three tasks' gradients, median.

    It is all that their steps differ in: whole steps differ less than the machine's pace does.
    """
    import torch

    from mtbert.training.balancing import BALANCINGS, Setup

    torch.set_num_threads(1)
    tasks, milliseconds = ("a", "b", "c"), {}
    for name in (name for name, kind in BALANCINGS.items() if kind.combines):
        aggregator = BALANCINGS[name]().begin(Setup(tasks=tasks, shared=[], seed=1))
        clock, seconds = Clock(), []
        for seed in range(60):
            jacobian = torch.randn(3, 8, generator=torch.Generator().manual_seed(seed)).double()
            clock.tick()
            aggregator.weigh(jacobian @ jacobian.T, tasks)
            seconds.append(clock.tick())
        milliseconds[name] = round(1e3 * median(seconds[10:]), 3)
    return milliseconds


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    print(json.dumps(asdict(measure(Spec(**json.loads(sys.argv[1]))))))
