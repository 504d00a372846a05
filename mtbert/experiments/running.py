"""Run a run: train, keep the best epoch, predict with it, and say what ran.

Stands above `runs`, which holds a run in memory.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from mtbert.core.environment import hardware, versions
from mtbert.core.errors import InputError
from mtbert.core.outputs import empty, write_text
from mtbert.core.schemas import write_table
from mtbert.experiments.plans import Plan
from mtbert.experiments.runs import Run
from mtbert.modeling.checkpoint import load_checkpoint
from mtbert.training.log import Log
from mtbert.training.loop import NotFiniteError
from mtbert.training.resuming import Resuming

# The model as it was where a run had to stop.
STOPPED = "before_stop"


def train_run(
    plan: Plan,
    *,
    seed: int,
    folder: Path,
    log_folder: Path,
    last: bool = True,
    test: bool = True,
) -> None:
    """Train a strategy with a seed; keep the best epoch, the last, and the best one's predictions.

    What an unfinished run left in the folders is where this one goes on from, if it was the same;
    if not, it is deleted.

    Args:
        plan: The strategy's plan.
        seed: Decides initial weights, order of examples and dropout.
        folder: Takes best/, last/ and predictions/.
        log_folder: Takes steps.csv, conflicts.csv, epochs.csv and run.json.
        last: Whether the last epoch's weights are kept beside the best one's.
        test: Whether the best epoch's weights predict test too.

    Raises:
        InputError: a loss or a gradient is no number. What was good stays in `folder`: the best
            epoch, and as before_stop/ the weights before the update that was not made, which may be
            what made the loss so large.
    """
    run = Run(plan, seed=seed)
    run.tell_fallbacks()
    resuming = Resuming(folder / "state.pt", identity(run))
    resumed_after = resuming.saved["step"] if resuming.saved else None
    if resumed_after is None:
        empty(folder)
        empty(log_folder)
    shutil.rmtree(folder / STOPPED, ignore_errors=True)
    with closing(run.log(log_folder)) as log:
        setup = time.perf_counter() - run.started
        if (encoded := run.encoded("train")) is not None and resumed_after is None:
            seconds = time.perf_counter() - run.started - setup
            log.encoded(tokens=encoded.tokens, slots=encoded.slots, seconds=seconds)
        try:
            run.train(partial(evaluate_and_save, run, log, folder, last), log, resuming)
        except NotFiniteError as error:
            run.save(folder / STOPPED)
            best = f", {folder / 'best'}: its best epoch" if log.epochs else ""
            raise InputError(
                f"{error}\nkept until the next run: {folder / STOPPED}: the weights as they were "
                f"then{best}"
            ) from None
    resuming.close()
    if test:
        run.model = load_checkpoint(folder / "best").to(run.device)
        write_predictions(folder / "predictions", run, "test", run.predict("test"))
    described = {**describe(run, log, setup), "resumed_after": resumed_after}
    write_text(log_folder / "run.json", json.dumps(described, indent=1) + "\n")


def evaluate_and_save(
    run: Run, log: Log, folder: Path, last: bool, epoch: int, step: int, finished: bool
) -> None:
    """Score the model on dev after an epoch; keep it if it is the best yet, or the last.

    Args:
        run: The run.
        log: Takes the scores.
        folder: Takes best/ and its predictions on dev, and last/.
        last: Whether it does take that.
        epoch: Number of the epoch.
        step: Number of its last step.
        finished: Whether it is the run's last.

    Raises:
        NotFiniteError: an output is no number: the weights are spoilt.
    """
    outputs = run.predict("dev")
    for task, found in outputs.items():
        if len(bad := np.flatnonzero(~np.isfinite(found).all(1))):
            ids = [run.tokens["dev"][task].example_ids[i] for i in bad[:5]]
            raise NotFiniteError(
                f"epoch {epoch}, step {step}: {len(bad)} of {len(found)} outputs of {task} on dev "
                f"are no numbers (ids {', '.join(ids)}{', …' if len(bad) > 5 else ''}); a lower "
                f"train.learning_rate may help"
            )
    scores = run.scores(outputs)
    if scores["score"] > max((row["score"] for row in log.epochs), default=-np.inf):
        run.save(folder / "best")
        write_predictions(folder / "predictions", run, "dev", outputs)
    if finished and last:
        run.save(folder / "last")
    log.epoch({"epoch": epoch, "step": step, **scores})


def identity(run: Run) -> str:
    """Digest of what decides a run: settings, data, seed, versions, machine, our own code."""
    machine = [run.device.type, hardware(run.device), torch.get_num_threads()]
    facts = json.dumps([run.seed, versions(), machine])  # our version has a digest of our code
    return hashlib.sha256((run.plan.model_dump_json() + facts).encode()).hexdigest()


def write_predictions(
    folder: Path, run: Run, split: str, outputs: Mapping[str, np.ndarray]
) -> None:
    """Write the raw outputs for a split, as {task}-{split}.parquet, in original order."""
    for task, found in outputs.items():
        tokens = run.tokens[split][task]
        labels = [None if np.isnan(label) else label for label in tokens.labels]
        table = pa.table(
            {
                "id": pa.array(tokens.example_ids, pa.string()),
                "label": pa.array(labels, pa.float64()),
                "output": pa.array(list(found), pa.list_(pa.float32())),
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
        "examples": {
            task: run.plan.train.examples[task].count
            if task in run.plan.train.examples
            else len(split)
            for task, split in run.tokens["train"].items()
        },
        "epochs": int(log.epochs[-1]["epoch"]),
        "steps": int(log.epochs[-1]["step"]),
        "best_epoch": int(best["epoch"]),
        "real_tokens": log.tokens,
        "packed_share": round(log.tokens / log.slots, 4) if log.slots else None,
        # Of a frozen encoder's work nothing is left for the steps: a rate would say nothing.
        "tokens_per_second": None
        if log.ahead or not log.seconds
        else round(log.tokens / log.seconds, 1),
        "ahead_seconds": round(log.ahead, 1),
        "setup_seconds": round(setup, 1),
        "train_seconds": round(log.seconds, 1),
        "total_seconds": round(time.perf_counter() - run.started, 1),
    }
