"""Cost of a step of every balancing, side by side: `python benchmarks/aggregators.py --out FILE`.

One model, one optimizer and one plan of batches serve all arms, which take turns (A B C … C B A):
what else the machine does falls on all of them. A step is everything from rows to updated weights:
batches, passes, combination, clipping, AdamW. An arm's figure is the median of its steps with the
quartiles; its ratio is the median over the turns of its own median to that of the plain joint step
in the same turn. Texts are random tokens, with the mean lengths of SST, Quora and STS-B.

Arms are the methods of the room with their defaults; `sum apart`, a step that tells conflicts; and
`torchjd pcgrad`: the joint batch through TorchJD's mtl_backward, a row at a time, which is its
fastest way here. A gate first: its update must be ours, but for rounding (one
matrix product of 2·10^7 fp32 numbers a task is right to 3e-3 only, so it sums by parameter).
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated, Any

import numpy as np
import typer

from mtbert.core.commands import run
from mtbert.core.errors import InputError

PARAMS = Path(__file__).parent.parent / "params.yaml"
LENGTHS = {"sst": 23.0, "para": 13.7, "sts": 12.7}  # mean tokens of a text, without special ones
SHAPES = {
    "tiny": {
        "vocab_size": 4000,
        "hidden_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    },
    "minilm": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12},
    "bert-base": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12},
}
KNOBS = {"weights": {"name": "weights", "weights": {"sts": 2.0}}}
GATE = 1e-6
PLAIN, APART, RIVAL = "sum", "sum apart", "torchjd pcgrad"


def main(
    out: Annotated[Path, typer.Option(help="JSON file to write")],
    shape: Annotated[str, typer.Option(help=f"encoder: {', '.join(SHAPES)}")] = "tiny",
    arms: Annotated[str, typer.Option(help="arms, with commas; all if empty")] = "",
    rounds: Annotated[int, typer.Option(help="rounds there and back", min=1)] = 3,
    steps: Annotated[int, typer.Option(help="steps of a turn, the first left out", min=2)] = 4,
    batch: Annotated[int, typer.Option(help="examples of each task", min=1)] = 32,
    bf16: Annotated[bool, typer.Option(help="bf16 autocast")] = False,
) -> None:
    """Measure, and write what was found."""
    import torch

    from mtbert.core.environment import hardware, versions
    from mtbert.core.outputs import write_text
    from mtbert.training.balancing import BALANCINGS

    bench = Bench(SHAPES[shape], batch=batch, bf16=bf16)
    chosen = [arm.strip() for arm in arms.split(",")] if arms else [*BALANCINGS, APART, RIVAL]
    chosen = [PLAIN, *(arm for arm in chosen if arm != PLAIN)]
    gate = bench.gate()
    print(f"gate: 1 - cosine of our PCGrad update and TorchJD's: {gate:.1e}", flush=True)
    if gate > GATE:
        raise InputError(f"gate: they are not the same update; at most {GATE}")
    turns: dict[str, list[list[float]]] = {arm: [] for arm in chosen}
    for number in range(rounds):
        for arm in [*chosen, *reversed(chosen)]:
            turns[arm].append(bench.turn(arm, steps))
            print(f"round {number + 1}: {arm} {median(turns[arm][-1]) * 1e3:.1f} ms", flush=True)
    results = {
        arm: {
            "milliseconds": [round(x * 1e3, 2) for x in quantiles(chain(*own), n=4)],
            "ratio": round(
                median(median(a) / median(b) for a, b in zip(own, turns[PLAIN], strict=True)), 3
            ),
        }
        for arm, own in turns.items()
    }
    report: dict[str, Any] = {
        "command": "python benchmarks/aggregators.py " + " ".join(sys.argv[1:]),
        "hardware": hardware(bench.device),
        "threads": torch.get_num_threads(),
        "precision": "bf16" if bf16 else "fp32",
        "shape": shape,
        "batch": batch,
        "versions": versions(),
        "shared_parameters": sum(p.numel() for p in bench.shared),
        "gate": gate,
        "arms": results,
    }
    write_text(out, json.dumps(report, indent=1) + "\n")
    write_text(out.with_suffix(".md"), render(report))
    print(render(report))


def render(report: dict[str, Any]) -> str:
    """What was measured, as a page."""
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    pcgrad = report["arms"].get("pcgrad", {}).get("ratio")
    rows = []
    for arm, row in report["arms"].items():
        low, middle, high = (f"{value:,.0f}" for value in row["milliseconds"])
        beside = f"{row['ratio'] / pcgrad:.2f}" if pcgrad else "–"
        rows.append(f"| {arm} | {middle} ({low} – {high}) | {row['ratio']:.2f} | {beside} |")
    lines = [
        "# A step of every balancing, side by side",
        "Written by `benchmarks/aggregators.py`; do not edit.",
        f"{report['hardware']}, {report['threads']} threads, {report['precision']}; {versions}.",
        f"A BERT of the shape {report['shape']} with random weights "
        f"({report['shared_parameters'] / 1e6:.1f} M shared parameters), three tasks, "
        f"{report['batch']} examples of each in a step, random tokens with the mean lengths of the "
        "corpora. The arms take turns; milliseconds are the median and the quartiles, the ratio is "
        "to the plain joint step in the same round. `sum apart` is a step that tells conflicts, "
        "`torchjd pcgrad` TorchJD's own backward pass; "
        f"1 - cosine of its update and ours is {report['gate']:.0e}.",
        "\n".join(
            [
                "| balancing | ms a step | to the joint step | to pcgrad |",
                "| :-- | --: | --: | --: |",
                *rows,
            ]
        ),
        f"```sh\n{report['command']}\n```",
    ]
    return "\n\n".join(lines) + "\n"


class Bench:
    """A model with random weights, random batches, and a step for each arm."""

    def __init__(self, shape: dict[str, int], *, batch: int, bf16: bool) -> None:
        import torch

        from mtbert.core.tasks import read_tasks
        from mtbert.experiments.strategies import read_strategies
        from mtbert.modeling.encoder import encoder_of
        from mtbert.modeling.model import MultiTaskModel
        from mtbert.modeling.packing import Shape
        from mtbert.modeling.settings import ModelSettings

        torch.manual_seed(0)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.precision = torch.bfloat16 if bf16 else None
        settings = read_strategies(PARAMS, encoder="pretrained")["main"]
        tasks = read_tasks(PARAMS)
        fields = {name: getattr(settings, name) for name in ModelSettings.model_fields}
        config = {
            "model_type": "bert",
            "vocab_size": 30522,
            "intermediate_size": 4 * shape["hidden_size"],
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
            "pad_token_id": 0,
            **shape,
        }
        model_settings = ModelSettings.model_construct(**fields)
        self.model = MultiTaskModel(
            encoder=encoder_of(config), settings=model_settings, tasks=tasks
        ).to(self.device)
        self.shared = self.model.shared_parameters()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-5, fused=True)
        self.shape = Shape([101], [102], [102], [0, 1], 0, 128, row_length=settings.row_length)
        self.tasks, self.batch = list(settings.tasks), batch
        self.objectives, self.labels, self.texts = {}, {}, {}
        generator = np.random.default_rng(0)
        for task in self.tasks:
            low, high = tasks[task].labels.bounds
            drawn = generator.integers(int(low), int(high) + 1, 64 * batch).astype(np.float32)
            self.labels[task] = torch.from_numpy(drawn).to(self.device)
            self.objectives[task] = settings.objectives[task].build(
                bounds=(low, high), targets=self.labels[task]
            )
            sides = 2 if tasks[task].paired else 1
            self.texts[task] = [self._texts(generator, LENGTHS[task]) for _ in range(sides)]
        self.plan = [
            {task: generator.permutation(64 * batch)[:batch] for task in self.tasks}
            for _ in range(16)
        ]
        self.balancers: dict[str, Any] = {}

    def _texts(self, generator: np.random.Generator, mean: float) -> Any:
        from mtbert.core.schemas import Ragged

        # A long tail, as sentences have.
        lengths = np.clip(generator.lognormal(np.log(mean) - 0.08, 0.4, 64 * self.batch), 3, 100)
        offsets = np.concatenate([[0], np.cumsum(lengths.astype(np.int64))])
        return Ragged(generator.integers(1000, 4000, int(offsets[-1])), offsets)

    def collated(self, names: Sequence[str], rows: dict[str, np.ndarray]) -> Any:
        """One batch of the rows of some tasks."""
        from mtbert.modeling.packing import Examples, collate

        examples = {
            task: Examples(
                self.texts[task][0],
                self.texts[task][1] if len(self.texts[task]) > 1 else None,
                rows[task],
                joint=self.model.joint[task],
            )
            for task in names
        }
        return collate(examples, self.shape).to(self.device)

    def autocast(self) -> Any:
        import torch

        if self.precision is None:
            return nullcontext()
        return torch.autocast(self.device.type, self.precision)

    def losses(self, rows: dict[str, np.ndarray]) -> Callable[[Sequence[str]], dict[str, Any]]:
        """The losses of a step's tasks, on demand."""

        def results(names: Sequence[str]) -> dict[str, Any]:
            batch = self.collated(names, rows)
            with self.autocast():
                logits = self.model(batch)
            return self.scored(logits, rows)

        return results

    def scored(self, logits: dict[str, Any], rows: dict[str, np.ndarray]) -> dict[str, Any]:
        return {
            task: self.objectives[task](item.float(), self.labels[task][rows[task]])
            for task, item in logits.items()
        }

    def balancer(self, arm: str) -> Any:
        """The balancing of an arm, begun once."""
        from mtbert.core.registry import build
        from mtbert.training.balancing import BALANCINGS, Setup

        if arm not in self.balancers:
            spec = PLAIN if arm == APART else KNOBS.get(arm, arm)
            setup = Setup(tasks=self.tasks, shared=self.shared, seed=1, device=self.device)
            self.balancers[arm] = build(BALANCINGS, spec, what="balancing").begin(setup)
        return self.balancers[arm]

    def backward(self, arm: str, rows: dict[str, np.ndarray]) -> None:
        """Fill the gradients."""
        if arm == RIVAL:
            self.torchjd(rows)
        else:
            self.balancer(arm).backward(
                self.losses(rows), self.tasks, per_task_gradients=arm == APART
            )

    def torchjd(self, rows: dict[str, np.ndarray]) -> None:
        """TorchJD's own backward pass, from the sentence vectors down."""
        from torchjd.aggregation import PCGrad
        from torchjd.autojac import jac_to_grad, mtl_backward

        from mtbert.modeling.vectors import Encoded

        batch = self.collated(self.tasks, rows)
        with self.autocast():
            vectors = self.model.encode(batch)
            logits = self.model(Encoded(vectors))
        features = [item for pair in vectors.values() for item in pair if item is not None]
        results = list(self.scored(logits, rows).values())
        mtl_backward(results, features=features, parallel_chunk_size=1)
        reached = [p for p in self.shared if getattr(p, "jac", None) is not None]
        jac_to_grad(reached, PCGrad(), optimize_gramian_computation=True)

    def turn(self, arm: str, steps: int) -> list[float]:
        """Seconds of each step of one turn, but the first."""
        import torch

        seconds = []
        for number in range(steps):
            self.wait()
            started = time.perf_counter()
            self.backward(arm, self.plan[number % len(self.plan)])
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.wait()
            seconds.append(time.perf_counter() - started)
        return seconds[1:]

    def wait(self) -> None:
        """Let the device finish."""
        import torch

        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def gate(self) -> float:
        """1 - cosine of our PCGrad update and TorchJD's: same permutations, fp32, dropout off."""
        import torch

        precision, self.precision = self.precision, None
        self.model.eval()
        updates = []
        state = self.balancer("pcgrad").generator.get_state()
        for arm in ("pcgrad", RIVAL):
            torch.set_rng_state(state)
            self.backward(arm, self.plan[0])
            updates.append(
                torch.cat([p.grad.flatten() for p in self.model.parameters() if p.grad is not None])
            )
            self.optimizer.zero_grad()
        self.model.train()
        self.precision = precision
        ours, theirs = updates
        ours, theirs = ours.double(), theirs.double()
        return float(1 - ours @ theirs / (ours.norm() * theirs.norm()))


if __name__ == "__main__":
    run(main)
