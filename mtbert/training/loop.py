"""The training loop, read from top to bottom. It names no method and no task."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import nn
from torch.optim import Optimizer

from mtbert.core.errors import InputError, located
from mtbert.modeling.model import MultiTaskModel
from mtbert.training.averaging import WeightAverage
from mtbert.training.balancing import Balancer
from mtbert.training.balancing.gradients import gradient_pairs
from mtbert.training.batches import stream
from mtbert.training.log import Log
from mtbert.training.losses import TaskLosses
from mtbert.training.resuming import Resuming
from mtbert.training.samplers.sampler import Sampler
from mtbert.training.schedule import factor


class NotFiniteError(InputError):
    """Loss or gradient norm is NaN or inf; the optimizer step was skipped."""


def train(
    model: MultiTaskModel,
    *,
    losses: TaskLosses,
    balancer: Balancer,
    optimizer: Optimizer,
    average: WeightAverage,
    sampler: Sampler,
    epochs: int,
    steps: int | None,
    schedule: str,
    warmup: float,
    clip: float,
    conflicts_every: int,
    evaluate_every: int,
    seed: int,
    end_epoch: Callable[[int, int, bool], None],
    log: Log,
    resuming: Resuming | None = None,
) -> None:
    """Train a model in place.

    Args:
        model: Trained in place.
        losses: Each task's data and losses.
        balancer: Makes one gradient of the losses.
        optimizer: Moves the weights; its groups have a `peak`, the highest learning rate.
        average: What is evaluated.
        sampler: Gives the tasks of every step.
        epochs: Length of the run.
        steps: Ends the run after so many steps instead.
        schedule: Course of the learning rate, a key of `SCHEDULES`.
        warmup: Share of the run over which the rate rises.
        clip: Largest L2 norm of the gradient.
        conflicts_every: Log the cosines of the tasks' gradients every so many steps; 0: never.
        evaluate_every: Call `end_epoch` every so many epochs, and after the last.
        seed: Decides the order of the examples; dropout follows torch's global generator.
        end_epoch: Given the epoch, the step, and whether it is the run's last: evaluates and saves
            the model, whose weights are then the average.
        log: Takes a row for every step.
        resuming: Saves the run's state, and resumes from it; None: does not.

    Raises:
        NotFiniteError: a loss or the gradient norm is NaN or inf.
        InputError: a subset has more examples than its task.
    """
    tasks = losses.tasks
    for task, data in tasks.items():
        if data.subset is not None:
            with located(f"train.examples.{task}", link="."):
                data.subset.check(len(data.labels))
    sizes = {task: data.size for task, data in tasks.items()}
    batches = {task: -(-data.size // data.batch_size) for task, data in tasks.items()}
    length, epochs, total = run_length(sampler, sizes, batches, epochs=epochs, steps=steps)
    state: dict[str, Any] = {"optimizer": optimizer, "balancer": balancer, "average": average}
    state |= {"losses": losses, "log": log, "parameters": losses.parameters}
    done = resuming.restore(**state) if resuming else 0
    if done:
        print(f"{log.name}: resumes after step {done}", flush=True)
    step = 0
    model.train()
    for epoch in range(1, epochs + 1):
        drawn = {t: data.batches(t, seed=seed, epoch=epoch) for t, data in tasks.items()}
        # Reworded, the purpose would seed other steps.
        generator = stream(seed, "tasks of the steps", epoch)
        for step_tasks in sampler.epoch_steps(
            epoch=epoch, epochs=epochs, sizes=sizes, batches=batches, generator=generator
        )[: total - step]:
            step += 1
            rows = {task: next(drawn[task]) for task in step_tasks}
            if step <= done:
                continue
            started = time.perf_counter()
            share = factor(step - 1, total=total, warmup=warmup, schedule=schedule)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * share
            losses.begin_step(step, rows)
            conflicts = conflicts_every > 0 and (step - 1) % conflicts_every == 0
            result = balancer.backward(losses, step_tasks, per_task_gradients=conflicts)
            values = {task: float(loss) for task, loss in result.losses.items()}
            norm = float(nn.utils.clip_grad_norm_(model.parameters(), clip))
            ids = {task: [tasks[task].ids[i] for i in rows[task]] for task in rows}
            check_step(step, values, norm, ids)
            optimizer.step()
            optimizer.zero_grad()
            losses.end_step(step, total)
            epoch_ends = step == total or step % length == 0
            average.follow(step, total, epoch_ends=epoch_ends)
            log.step(
                step=step,
                epoch=epoch,
                total=total,
                learning_rate=optimizer.param_groups[0]["lr"],
                losses=values,
                terms=losses.added,
                weights=result.weights,
                examples={task: len(item) for task, item in rows.items()},
                gradient_norm=norm,
                tokens=losses.tokens,
                slots=losses.slots,
                seconds=time.perf_counter() - started,
            )
            if conflicts and result.gramian is not None and len(step_tasks) > 1:
                log.gradient_pairs(step, epoch, gradient_pairs(result.gramian, step_tasks))
            if resuming and not epoch_ends and resuming.due():
                resuming.save(step, **state)
        if step <= done:
            continue
        balancer.end_epoch()
        if epoch % evaluate_every == 0 or step == total:
            with average.applied():
                end_epoch(epoch, step, step == total)
        if resuming and step < total and resuming.due():
            resuming.save(step, **state)


def run_length(
    sampler: Sampler,
    sizes: Mapping[str, int],
    batches: Mapping[str, int],
    *,
    epochs: int,
    steps: int | None,
) -> tuple[int, int, int]:
    """Give the steps of an epoch, the epochs of the run, and its steps.

    Args:
        sampler: Gives equally many steps in every epoch.
        sizes: Examples of each task.
        batches: Batches in one pass over each task.
        epochs: Length of the run.
        steps: Its length in steps instead: as many epochs as these need, of which the last may be
            cut.
    """
    generator = np.random.default_rng(0)  # which tasks it draws is nothing to the length
    length = len(
        sampler.epoch_steps(epoch=1, epochs=1, sizes=sizes, batches=batches, generator=generator)
    )
    total = steps or epochs * length
    return length, -(-total // length), total


def check_step(
    step: int, losses: Mapping[str, float], norm: float, ids: Mapping[str, Sequence[str]]
) -> None:
    """Stop before an update that would spoil every weight.

    Args:
        step: Its number.
        losses: Each task's.
        norm: Of the gradient of the whole model.
        ids: Each task's examples in the step.

    Raises:
        NotFiniteError: naming the step, what is NaN or inf, and the examples.
    """
    faults = {task: value for task, value in losses.items() if not np.isfinite(value)}
    if not faults and np.isfinite(norm):
        return
    values = ", ".join(f"loss of {task} is {value}" for task, value in faults.items())
    examples = "; ".join(f"{task} {', '.join(ids[task])}" for task in faults or losses)
    raise NotFiniteError(
        f"step {step}: {values or f'gradient norm is {norm}'}; the optimizer step was skipped. A "
        f"lower train.learning_rate may help. The examples of that step, by id: {examples}"
    )
