"""A run is one strategy with one seed: here the rooms meet around the training loop.

Stands above the rooms, like `strategies`.
"""

import json
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from mtbert.environment import hardware, seed_everything, versions
from mtbert.modeling.architectures import takes_bf16, usable_layout
from mtbert.modeling.checkpoint import load_checkpoint, read_sequences, save_checkpoint
from mtbert.modeling.encoder import load_encoder, read_config
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.packing import Batch, Examples, Shape, collate
from mtbert.modeling.prediction import chosen, encode_splits, predict
from mtbert.modeling.settings import ModelSettings
from mtbert.modeling.vectors import Encoded
from mtbert.outputs import write_text
from mtbert.plans import Plan
from mtbert.schemas import Tokens, read_tokens, write_table
from mtbert.training.log import Log
from mtbert.training.loop import check_finite, train
from mtbert.training.precision import usable
from mtbert.training.score import SCORES


class Run:
    """Everything that one run holds in memory."""

    def __init__(self, plan: Plan, *, seed: int) -> None:
        self.started = time.perf_counter()
        self.plan, self.seed = plan, seed
        self.name = f"{plan.strategy}-{seed}"
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        seed_everything(seed)
        self.folder = Path(plan.sequences.path).parent
        sequences = read_sequences(self.folder)
        source = Path(plan.encoder.folder)
        config = read_config(source)
        self.layout, self.layout_reason = usable_layout(plan.train.layout, config)
        self.shape = Shape.of(
            sequences, row_length=plan.train.row_length, packed=self.layout == "packed"
        )
        self.tokens = {split: self._read(split) for split in ("train", "dev", "test")}
        self.precision, self.fallback = usable(plan.train.precision, self.device)
        if self.precision == "bf16" and not takes_bf16(config):
            kind = config["model_type"]
            self.precision, self.fallback = "fp32", f"model_type {kind} does not run in bf16"
        fields = {name: getattr(plan.train, name) for name in ModelSettings.model_fields}
        self.settings = ModelSettings.model_construct(**fields)
        encoder = load_encoder(
            source, vocabulary=sequences["vocabulary"], pooler=self.settings.needs_pooler
        )
        self.model = MultiTaskModel(encoder=encoder, settings=self.settings, tasks=plan.tasks)
        self.model.to(self.device)
        self._encoded: dict[str, Encoded] = {}

    def _read(self, split: str) -> dict[str, Tokens]:
        return {
            task: read_tokens(Path(files[split].path), paired=self.plan.tasks[task].paired)
            for task, files in self.plan.tokens.items()
            if split in files
        }

    def tell_fallbacks(self) -> None:
        """Print what differs from what was asked for, and why."""
        if self.fallback:
            asked = self.plan.train.precision
            print(f"{self.name}: training in fp32, not {asked}: {self.fallback}")
        if self.layout_reason:
            print(f"{self.name}: padded batches, not packed rows: {self.layout_reason}")

    def encoded(self, split: str) -> Encoded | None:
        """The vectors of a split where training never changes them; worked out once."""
        if self.model.fixed and split not in self._encoded:
            with self.autocast():
                self._encoded[split] = encode_splits(self.model, self.tokens[split], self.shape)
        return self._encoded.get(split)

    def collate(self, rows: Mapping[str, np.ndarray]) -> Batch | Encoded:
        """Assemble a training batch of some rows of each task."""
        if (encoded := self.encoded("train")) is not None:
            return chosen(encoded, rows)
        splits = self.tokens["train"]
        examples = {
            task: Examples(splits[task].a, splits[task].b, item, joint=self.model.joint[task])
            for task, item in rows.items()
        }
        return collate(examples, self.shape).to(self.device)

    def labels(self) -> dict[str, Tensor]:
        """Labels of each task's train split, (example,) float32, on the device."""
        return {
            task: torch.tensor(split.labels, dtype=torch.float32, device=self.device)
            for task, split in self.tokens["train"].items()
        }

    def autocast(self) -> AbstractContextManager[Any]:
        """The context in which a forward pass runs; weights stay in fp32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")

    def predict(self, split: str) -> dict[str, np.ndarray]:
        """Outputs of every example of a split, (example, width) for each task."""
        with self.autocast():
            tokens, encoded = self.tokens[split], self.encoded(split)
            return predict(self.model, tokens, self.shape, encoded=encoded)

    def scores(self) -> dict[str, float]:
        """Each task's main metric on dev, and their mean as `score`."""
        found = {}
        for task, outputs in self.predict("dev").items():
            name = self.plan.metrics[task]
            found[f"{task}_{name}"] = SCORES[name](outputs, self.tokens["dev"][task].labels)
        return {**found, "score": sum(found.values()) / len(found)}


def train_run(plan: Plan, *, seed: int, folder: Path, log_folder: Path) -> None:
    """Train a strategy with a seed; keep the best epoch, the last, and the best one's predictions.

    Args:
        plan: The strategy's plan.
        seed: Decides initial weights, order of examples and dropout.
        folder: Takes best/, last/ and predictions/.
        log_folder: Takes steps.csv, epochs.csv and run.json.
    """
    run = Run(plan, seed=seed)
    run.tell_fallbacks()
    log = Log(log_folder, list(plan.tasks), name=run.name)

    def save(name: str) -> None:
        save_checkpoint(
            folder / name,
            run.model,
            settings=run.settings,
            tasks=plan.tasks,
            tokens=run.folder,
        )

    def end_epoch(epoch: int, step: int) -> None:
        row = {"epoch": epoch, "step": step, **run.scores()}
        check_finite({k: v for k, v in row.items() if k not in ("epoch", "step")}, step)
        if row["score"] > max((item["score"] for item in log.epochs), default=-np.inf):
            save("best")
        log.epoch(row)

    setup = time.perf_counter() - run.started
    if (encoded := run.encoded("train")) is not None:
        seconds = time.perf_counter() - run.started - setup
        log.encoded(tokens=encoded.tokens, slots=encoded.slots, seconds=seconds)
    train(
        run.model,
        settings=plan.train,
        seed=seed,
        labels=run.labels(),
        collate=run.collate,
        bounds={name: task.labels.bounds for name, task in plan.tasks.items()},
        end_epoch=end_epoch,
        autocast=run.autocast,
        log=log,
    )
    log.close()
    save("last")
    run.model = load_checkpoint(folder / "best").to(run.device)
    write_predictions(folder / "predictions", run)
    described = describe(run, log, setup)
    write_text(log_folder / "run.json", json.dumps(described, indent=1) + "\n")


def write_predictions(folder: Path, run: Run) -> None:
    """Write the raw outputs for dev and test, as {task}-{split}.parquet, in original order."""
    for split in ("dev", "test"):
        for task, outputs in run.predict(split).items():
            tokens = run.tokens[split][task]
            labels = [None if np.isnan(label) else label for label in tokens.labels]
            table = pa.table(
                {
                    "id": pa.array(tokens.example_ids, pa.string()),
                    "label": pa.array(labels, pa.float64()),
                    "output": pa.array(list(outputs), pa.list_(pa.float32())),
                }
            )
            write_table(folder / f"{task}-{split}.parquet", table)


def describe(run: Run, log: Log, setup: float) -> dict[str, Any]:
    """Say what ran, on what, and how fast: the content of run.json."""
    best = max(log.epochs, key=lambda row: row["score"])
    parts = run.model.parts()
    return {
        "strategy": run.plan.strategy,
        "seed": run.seed,
        "encoder": {"kind": run.plan.encoder.kind, "name": run.plan.encoder.name},
        "data_source": run.plan.data_source,
        "settings": run.plan.train.model_dump(mode="json"),
        "device": run.device.type,
        "hardware": hardware(run.device),
        "threads": torch.get_num_threads(),
        "precision": {
            "asked": run.plan.train.precision,
            "used": run.precision,
            "reason": run.fallback,
        },
        "versions": versions(),
        "layout": {
            "asked": run.plan.train.layout,
            "used": run.layout,
            "reason": run.layout_reason,
        },
        "parameters": {
            **{key: sum(part[key] for part in parts.values()) for key in ("total", "trainable")},
            "parts": parts,
        },
        "examples": {task: len(split) for task, split in run.tokens["train"].items()},
        "epochs": int(log.epochs[-1]["epoch"]),
        "steps": int(log.epochs[-1]["step"]),
        "best_epoch": int(best["epoch"]),
        "real_tokens": log.tokens,
        "packed_share": round(log.tokens / log.slots, 4),
        # Of a frozen encoder's work nothing is left for the steps: a rate would say nothing.
        "tokens_per_second": None if log.ahead else round(log.tokens / log.seconds, 1),
        "ahead_seconds": round(log.ahead, 1),
        "setup_seconds": round(setup, 1),
        "train_seconds": round(log.seconds, 1),
        "total_seconds": round(time.perf_counter() - run.started, 1),
    }
