"""The training loop, read from top to bottom. It names no method and no task."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn
from torch.optim import Optimizer

from mtbert.core.errors import InputError
from mtbert.modeling.model import MultiTaskModel
from mtbert.training.averaging import WeightAverage
from mtbert.training.balancing import Balancer
from mtbert.training.log import Log
from mtbert.training.losses import TaskLosses, read_scalars
from mtbert.training.resuming import Resuming
from mtbert.training.run_steps import RunSteps
from mtbert.training.samplers.sampler import Sampler
from mtbert.training.schedule import factor


class NotFiniteError(InputError):
    """Loss or gradient norm is NaN or inf; the optimizer step was skipped."""


@dataclass
class Training:
    """Trains a model in place."""

    model: MultiTaskModel
    losses: TaskLosses  # each task's data and losses
    balancer: Balancer  # makes one gradient of the losses
    optimizer: Optimizer  # its groups have a `peak`, the highest learning rate
    average: WeightAverage  # what is evaluated
    sampler: Sampler
    epochs: int
    steps: int | None  # ends the run instead of `epochs`
    examples_seen: int | None  # ends it, too, once it has seen so many of all tasks
    schedule: str  # course of the learning rate, a key of `SCHEDULES`
    warmup: float  # share of the run over which the rate rises
    clip: float  # largest L2 norm of the gradient
    conflicts_every: int  # log the cosines of the tasks' gradients every so many steps; 0: never
    evaluate_every: int  # epochs between evaluations; the last is always evaluated
    log: Log
    seed: int  # decides the order of the examples; dropout follows torch's global generator

    def run(
        self, end_epoch: Callable[[int, int, bool], None], resuming: Resuming | None = None
    ) -> None:
        """Train to the end, from where an interrupted run stopped.

        `end_epoch(epoch, step, last)` evaluates and saves the model, its weights then the average.
        """
        tasks = self.losses.tasks
        sizes = {task: data.size for task, data in tasks.items()}
        batch_size = {task: data.batch_size for task, data in tasks.items()}
        steps = RunSteps(self.sampler, sizes, batch_size, self.seed)
        length = steps.length(
            epochs=self.epochs, steps=self.steps, examples_seen=self.examples_seen
        )
        total = length.steps
        if idle := self.average.method.idle(total, length.steps_per_epoch):
            print(f"{self.log.name}: nothing is averaged: {idle}", flush=True)
        step, done = 0, resuming.restore(**self.parts()) if resuming else 0
        if done:
            print(f"{self.log.name}: resumes after step {done}", flush=True)
        self.model.train()
        for epoch in range(1, length.started + 1):
            drawn = {t: data.batches(t, seed=self.seed, epoch=epoch) for t, data in tasks.items()}
            for step_tasks in steps.epoch(epoch, epochs=length.sampler_epochs)[: total - step]:
                step += 1
                rows = {task: next(drawn[task]) for task in step_tasks}
                if step <= done:
                    continue
                epoch_ends = step == total or step % length.steps_per_epoch == 0
                self.update(step, total, epoch, rows, epoch_ends=epoch_ends)
                if resuming and not epoch_ends and resuming.due():
                    resuming.save(step, **self.parts())
            if step <= done:
                continue
            self.balancer.end_epoch()
            if epoch % self.evaluate_every == 0 or step == total:
                with self.average.applied():
                    end_epoch(epoch, step, step == total)
            if resuming and step < total and resuming.due():
                resuming.save(step, **self.parts())

    def update(
        self, step: int, total: int, epoch: int, rows: Mapping[str, np.ndarray], *, epoch_ends: bool
    ) -> None:
        """Make one update of the weights, from some examples of each task."""
        started, losses = time.perf_counter(), self.losses
        share = factor(step - 1, total=total, warmup=self.warmup, schedule=self.schedule)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * share
        losses.begin_step(step, rows)
        conflicts = self.conflicts_every > 0 and (step - 1) % self.conflicts_every == 0
        with losses.casts_kept():
            result = self.balancer.backward(losses, tuple(rows), per_task_gradients=conflicts)
        clipped = nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        values, added, total_norm = read_scalars(result.losses, losses.added, {"norm": clipped})
        self.check(values, norm := total_norm["norm"])
        self.optimizer.step()
        self.optimizer.zero_grad()
        losses.end_step(step, total)
        self.average.follow(step, total, epoch_ends=epoch_ends)
        self.log.step(
            step=step,
            total=total,
            epoch=epoch,
            learning_rate=self.optimizer.param_groups[0]["lr"],
            losses=values,
            weights=result.weights,
            gradient_norm=norm,
            added=added,
            task_losses=losses,
            seconds=time.perf_counter() - started,
        )
        if conflicts and result.gramian is not None:
            self.log.gradient_pairs(step, epoch, result.gramian, tuple(rows))

    def check(self, values: Mapping[str, float], norm: float) -> None:
        """Stop before an update that would spoil every weight; name the examples of its step."""
        faults = {task: value for task, value in values.items() if not np.isfinite(value)}
        if not faults and np.isfinite(norm):
            return
        step, tasks, rows = self.losses.step, self.losses.tasks, self.losses.rows
        reasons = [f"loss of {task} is {value}" for task, value in faults.items()]
        ids = {task: [tasks[task].ids[i] for i in rows[task]] for task in faults or values}
        examples = "; ".join(f"{task} {', '.join(some)}" for task, some in ids.items())
        raise NotFiniteError(
            f"step {step}: {', '.join(reasons) or f'gradient norm is {norm}'}; the optimizer step "
            f"was skipped. A lower train.learning_rate may help. The examples of that step, by id: "
            f"{examples}"
        )

    def parts(self) -> dict[str, Any]:
        """Give the objects whose state a resumed run needs."""
        names = ("optimizer", "balancer", "average", "losses", "log")
        return {name: getattr(self, name) for name in names} | {
            "parameters": self.losses.parameters
        }
