"""What is kept of a run: its outputs, what ran on what and how fast, the digest it resumes by."""

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from mtbert.core.environment import hardware, versions
from mtbert.core.schemas import write_table
from mtbert.experiments.run import Run
from mtbert.training.log import Log

# What of a plan says where its files lie
PATH = {"path": True}
PLACES: Any = {
    "encoder": {"folder": True, "files": {"__all__": PATH}},
    "sequences": PATH,
    "tokenizer": PATH,
    "tokens": {"__all__": {"__all__": PATH}},
}


def run_record(run: Run, log: Log, setup: float) -> dict[str, Any]:
    """Describe what ran, on what, and how fast, for run.json.

    `steps` are updates; `examples` take part in training, each counted once.
    """
    plan, parts = run.plan, run.model.parts()
    best = max(log.epochs, key=lambda row: row["score"])
    examples = {task: len(split) for task, split in run.tokens["train"].items()}
    examples |= {task: subset.count for task, subset in plan.train.examples.items()}
    # A frozen encoder works before the first step: a rate of the steps would mean nothing.
    timed = log.seconds and not log.ahead
    return {
        "strategy": plan.strategy,
        "seed": run.seed,
        "encoder": {"kind": plan.encoder.kind, "name": plan.encoder.name},
        "data_source": plan.data_source,
        "settings": plan.train.model_dump(mode="json"),
        "device": run.device.type,
        "hardware": hardware(run.device),
        "processes": run.devices.count,
        "threads": torch.get_num_threads(),
        "precision": run.precision._asdict(),
        "versions": versions(),
        "layout": run.layout._asdict(),
        "parameters": {
            **{key: sum(part[key] for part in parts.values()) for key in ("total", "trainable")},
            "parts": parts,
        },
        "examples": examples,
        "epochs": int(log.epochs[-1]["epoch"]),
        "steps": int(log.epochs[-1]["step"]),
        "best_epoch": int(best["epoch"]),
        "real_tokens": log.tokens,
        "packed_share": round(log.tokens / log.slots, 4) if log.slots else None,
        "tokens_per_second": round(log.tokens / log.seconds, 1) if timed else None,
        **_cost(run, log, setup),
    }


def _cost(run: Run, log: Log, setup: float) -> dict[str, Any]:
    """Seconds and joules of this process: of a resumed run, those since it was resumed."""
    return {
        "ahead_seconds": round(log.ahead, 1),
        "setup_seconds": round(setup, 1),
        "train_seconds": round(log.seconds, 1),
        "total_seconds": round(time.perf_counter() - run.started, 1),
        "joules": run.energy.stop(),
    }


def identity(run: Run) -> str:
    """Digest of what decides a run: settings, data, seed, versions with our code, machine.

    Of files it is the content, wherever they lie. The number of processes is no part of it: a run
    resumes on another one.
    """
    machine = [run.device.type, hardware(run.device), run.devices.threads]
    facts = json.dumps([run.seed, versions(), machine])
    return hashlib.sha256((run.plan.model_dump_json(exclude=PLACES) + facts).encode()).hexdigest()


def write_outputs(folder: Path, run: Run, split: str, outputs: Mapping[str, np.ndarray]) -> None:
    """Write the model's outputs for a split, as {task}-{split}.parquet, in original order."""
    for task, logits in outputs.items():
        tokens = run.tokens[split][task]
        columns = {
            "id": pa.array(tokens.example_ids, pa.string()),
            "label": pa.array(tokens.labels, pa.float64(), from_pandas=True),  # NaN becomes null
            "output": pa.array(list(logits), pa.list_(pa.float32())),
        }
        write_table(folder / f"{task}-{split}.parquet", pa.table(columns))
