"""Run a plan with a seed: train, keep the best epoch, predict with it, and record what ran."""

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

# Folder of the weights before the step at which a run had to stop
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

    Resumes from what an interrupted run left in the folders, if it was the same run; deletes it
    otherwise.

    Args:
        plan: The strategy's plan.
        seed: Decides initial weights, order of examples and dropout.
        folder: Takes best/, last/ and predictions/.
        log_folder: Takes steps.csv, conflicts.csv, epochs.csv and run.json.
        last: Whether to keep the last epoch's weights, too.
        test: Whether to predict the test split, too.

    Raises:
        InputError: loss, gradient norm or outputs are NaN or inf. `folder` keeps the best epoch
            and, as before_stop/, the weights before the step.
    """
    run = Run(plan, seed=seed)
    run.print_fallbacks()
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
        write_outputs(folder / "predictions", run, "test", run.predict("test"))
    facts = {**describe(run, log, setup), "resumed_after": resumed_after}
    write_text(log_folder / "run.json", json.dumps(facts, indent=1) + "\n")


def evaluate_and_save(
    run: Run, log: Log, folder: Path, last: bool, epoch: int, step: int, finished: bool
) -> None:
    """Score the model on dev after an epoch; keep it if it is the best so far, or the last.

    Args:
        run: The run.
        log: Takes the scores.
        folder: Takes best/ and its predictions on dev, and last/.
        last: Whether to keep the last epoch.
        epoch: Number of the epoch.
        step: Number of its last step.
        finished: Whether it is the run's last.

    Raises:
        NotFiniteError: an output is NaN or inf, and so are weights.
    """
    outputs = run.predict("dev")
    for task, logits in outputs.items():
        if len(bad := np.flatnonzero(~np.isfinite(logits).all(1))):
            ids = [run.tokens["dev"][task].example_ids[i] for i in bad[:5]]
            raise NotFiniteError(
                f"epoch {epoch}, step {step}: {len(bad)} of {len(logits)} outputs of {task} on dev "
                f"are NaN or inf (ids {', '.join(ids)}{', …' if len(bad) > 5 else ''}); a lower "
                f"train.learning_rate may help"
            )
    scores = run.scores(outputs)
    if scores["score"] > max((row["score"] for row in log.epochs), default=-np.inf):
        run.save(folder / "best")
        write_outputs(folder / "predictions", run, "dev", outputs)
    if finished and last:
        run.save(folder / "last")
    log.epoch({"epoch": epoch, "step": step, **scores})


def identity(run: Run) -> str:
    """Digest of what decides a run: settings, data, seed, versions with our code, machine."""
    machine = [run.device.type, hardware(run.device), torch.get_num_threads()]
    facts = json.dumps([run.seed, versions(), machine])
    return hashlib.sha256((run.plan.model_dump_json() + facts).encode()).hexdigest()


def write_outputs(folder: Path, run: Run, split: str, outputs: Mapping[str, np.ndarray]) -> None:
    """Write the model's outputs for a split, as {task}-{split}.parquet, in original order."""
    for task, logits in outputs.items():
        tokens = run.tokens[split][task]
        labels = [None if np.isnan(label) else label for label in tokens.labels]
        table = pa.table(
            {
                "id": pa.array(tokens.example_ids, pa.string()),
                "label": pa.array(labels, pa.float64()),
                "output": pa.array(list(logits), pa.list_(pa.float32())),
            }
        )
        write_table(folder / f"{task}-{split}.parquet", table)


def describe(run: Run, log: Log, setup: float) -> dict[str, Any]:
    """Say what ran, on what, and how fast: the content of run.json.

    `steps` are updates; `examples` take part in training, each counted once.
    """
    plan, parts = run.plan, run.model.parts()
    best = max(log.epochs, key=lambda row: row["score"])
    examples = {task: len(split) for task, split in run.tokens["train"].items()}
    examples |= {task: subset.count for task, subset in plan.train.examples.items()}
    # A frozen encoder has done its work before the steps: no rate of theirs would mean anything.
    timed = log.seconds and not log.ahead
    return {
        "strategy": plan.strategy,
        "seed": run.seed,
        "encoder": {"kind": plan.encoder.kind, "name": plan.encoder.name},
        "data_source": plan.data_source,
        "settings": plan.train.model_dump(mode="json"),
        "device": run.device.type,
        "hardware": hardware(run.device),
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
        "ahead_seconds": round(log.ahead, 1),
        "setup_seconds": round(setup, 1),
        "train_seconds": round(log.seconds, 1),
        "total_seconds": round(time.perf_counter() - run.started, 1),
    }
