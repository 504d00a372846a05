"""Train a run: resume, keep the best epoch, predict with it, record what ran."""

import json
import shutil
import time
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np

from mtbert.core.errors import InputError
from mtbert.core.outputs import write_text
from mtbert.core.tasks import Task
from mtbert.experiments.plans import Plan
from mtbert.experiments.record import identity, run_record, write_outputs
from mtbert.experiments.run import Run
from mtbert.modeling.checkpoint import load_checkpoint
from mtbert.training.log import Log
from mtbert.training.loop import NotFiniteError
from mtbert.training.resuming import Resuming
from mtbert.training.tracking import Tracker

# Folder of the weights before the step at which a run had to stop
STOPPED = "before_stop"
KEPT = "kept until the next run"


def train_run(
    plan: Plan,
    *,
    seed: int,
    folder: Path,
    log_folder: Path,
    last: bool = True,
    test: bool = True,
    tasks: Mapping[str, Task] | None = None,
    report_to: str | None = None,
    save_every: float | None = None,
) -> None:
    """Train a strategy with a seed; resume if the folders hold an interrupted run of it.

    `folder` takes best/, last/ (with `last`) and predictions/ of the best epoch (of the test split
    with `test`); `log_folder` takes the log and run.json. Titles and columns of `tasks` go into the
    checkpoints. `report_to` is for the `Tracker`, which changes no result; nor does `save_every`,
    the seconds between two states to resume from, by default as often as costs 1 % of the time.

    Raises:
        InputError: there is no such tracker; loss, gradient norm or outputs are NaN or inf.
            `folder` keeps the best epoch and, as before_stop/, the weights before the step.
    """
    settings = plan.train.model_dump(mode="json")
    # Before the generators are seeded, so that a tracker cannot change what they draw
    tracker = Tracker(report_to, run=f"{plan.strategy}-{seed}", settings=settings)
    with closing(tracker):
        run = Run(plan, seed=seed, tasks=tasks)
        run.print_fallbacks()
        often = {} if save_every is None else {"pause": save_every, "share": float("inf")}
        resuming = Resuming(folder / "state.pt", identity(run), **often)
        resumed_after = resuming.saved["step"] if resuming.saved else None
        log, setup = _train_logged(run, folder, log_folder, resuming, tracker, last=last)
    if run.devices.rank > 0:  # the first process evaluates, and has the results
        return
    if test:
        best = load_checkpoint(folder / "best").to(run.device)
        write_outputs(folder / "predictions", run, "test", run.predict("test", best))
    facts = {**run_record(run, log, setup), "resumed_after": resumed_after}
    write_text(log_folder / "run.json", json.dumps(facts, indent=1) + "\n")


def _train_logged(
    run: Run, folder: Path, log_folder: Path, resuming: Resuming, tracker: Tracker, *, last: bool
) -> tuple[Log, float]:
    """Train to the end; give the log, closed, and the seconds before it was opened."""
    resumed = resuming.saved is not None
    _clear(folder, log_folder, resumed=resumed)
    with closing(run.log(log_folder, tracker)) as log:
        setup = time.perf_counter() - run.started
        log_encoding(run, log, setup, resumed=resumed)
        try:
            with resuming.saved_at_end():
                run.train(partial(evaluate_and_save, run, log, folder, last), log, resuming)
        except NotFiniteError as error:
            raise InputError(f"{error}\n{save_stopped(run, log, folder)}") from None
    resuming.close()
    run.devices.close()
    return log, setup


def _clear(folder: Path, log_folder: Path, *, resumed: bool) -> None:
    """Delete what a run does not go on from."""
    for path in () if resumed else (folder, log_folder):
        shutil.rmtree(path)
        path.mkdir()
    shutil.rmtree(folder / STOPPED, ignore_errors=True)
    for part in folder.rglob(".tmp*"):  # of safetensors, where a run was killed as it wrote
        part.unlink()


def log_encoding(run: Run, log: Log, setup: float, *, resumed: bool) -> None:
    """Compute the vectors of a frozen encoder; log what that took, once for a run."""
    if (encoded := run.encoded("train")) is not None and not resumed:
        seconds = time.perf_counter() - run.started - setup
        log.encoded(tokens=encoded.tokens, slots=encoded.slots, seconds=seconds)


def save_stopped(run: Run, log: Log, folder: Path) -> str:
    """Save the weights of a run that could not go on; say what is kept of it."""
    if run.devices.rank > 0:
        return ""
    done = log.epochs[-1] if log.epochs else {"epoch": 0, "step": 0}
    run.save(folder / STOPPED, epoch=int(done["epoch"]), step=int(done["step"]), dev={})
    best = f", {folder / 'best'}: its best epoch" if log.epochs else ""
    return f"{KEPT}: {folder / STOPPED}: the weights as they were then{best}"


def evaluate_and_save(
    run: Run, log: Log, folder: Path, last: bool, epoch: int, step: int, finished: bool
) -> None:
    """Score the model on dev after an epoch, whose last step is `step`.

    Save it and its predictions if it is the best so far; save the last one of the run if `last`.

    Raises:
        NotFiniteError: an output is NaN or inf, and so are weights.
    """
    if run.devices.rank > 0:
        return
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
    save = partial(run.save, epoch=epoch, step=step, dev=scores)
    if scores["score"] > max((row["score"] for row in log.epochs), default=-np.inf):
        save(folder / "best")
        write_outputs(folder / "predictions", run, "dev", outputs)
    if finished and last:
        save(folder / "last")
    log.epoch({"epoch": epoch, "step": step, **scores})
