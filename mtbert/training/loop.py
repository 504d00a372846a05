"""The training loop, read from top to bottom. It asks for no method's or task's name."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from torch import nn

from mtbert.core.errors import InputError, located
from mtbert.training.balancing.cosines import gradient_pairs
from mtbert.training.batches import draw, stream
from mtbert.training.learner import Learner, Model
from mtbert.training.log import Log
from mtbert.training.losses import Forward, Losses, TaskData
from mtbert.training.resuming import Resuming, random_states, set_random_states
from mtbert.training.schedule import factor
from mtbert.training.settings import TrainingSettings


class NotFiniteError(InputError):
    """A loss or a gradient is no number; the update that it would have spoilt was not made."""


def train(
    model: Model,
    *,
    settings: TrainingSettings,
    seed: int,
    tasks: Mapping[str, TaskData],
    forward: Forward,
    end_epoch: Callable[[int, int, bool], None],
    log: Log,
    resuming: Resuming | None = None,
) -> None:
    """Train a model in place.

    Args:
        model: Projections a batch to {task: logits}.
        settings: Sampler, balancing, terms, optimizer and budget.
        seed: Decides the order of the examples; dropout follows torch's own generator.
        tasks: Each trained task's train split, in the order of the tasks; of none there is nothing
            to train, and what is evaluated is the start.
        forward: How batches are made and go through the model.
        end_epoch: Called with the epoch, the step, and whether it is the run's last, after each
            epoch that is to be evaluated, or once with 0 and 0 where there is nothing to train:
            evaluates and saves the weights, or their average, that the model then has.
        log: Takes a row for every step.
        resuming: Keeps the state of the run, to go on from; None to keep none.

    Raises:
        NotFiniteError: a loss or the gradient's norm is not a finite number.
        InputError: more examples are to take part than a task has.
    """
    if not tasks:
        end_epoch(0, 0, True)
        return
    sizes = {task: len(data.labels) for task, data in tasks.items()}
    schedule = plan_steps(settings, sizes, seed=seed)
    total = sum(map(len, schedule))
    learner = Learner(model, settings, list(tasks), seed=seed)
    losses = Losses(tasks, settings, forward, learner.terms, seed)
    done = resume(resuming, learner, log)  # steps behind the run
    step = 0
    model.train()
    for epoch, steps in enumerate(schedule, start=1):
        if step + len(steps) <= done:
            step += len(steps)
            continue
        batches = orders(settings, tasks, seed=seed, epoch=epoch)
        for place, drawn in enumerate(steps, start=1):
            step += 1
            rows = {task: next(batches[task]) for task in drawn}
            if step <= done:
                continue
            started = time.perf_counter()
            share = factor(
                step - 1, total=total, warmup=settings.warmup, schedule=settings.schedule
            )
            rate = learner.set_rates(share)
            losses.begin(step, rows)
            every = settings.conflicts_every
            apart = every > 0 and (step - 1) % every == 0
            outcome = learner.balancer.backward(losses, drawn, apart=apart)
            values = {task: float(loss) for task, loss in outcome.losses.items()}
            norm = float(nn.utils.clip_grad_norm_(model.parameters(), settings.clip))
            check_finite(step, values, norm, {t: [tasks[t].ids[i] for i in rows[t]] for t in rows})
            learner.update()
            learner.terms.end_step(step, total)
            epoch_ends = place == len(steps)
            learner.average.follow(step, total, epoch_ends=epoch_ends)
            log.step(
                step=step,
                epoch=epoch,
                total=total,
                learning_rate=rate,
                losses=values,
                terms=losses.parts,
                weights=outcome.weights,
                examples={task: len(item) for task, item in rows.items()},
                gradient_norm=norm,
                tokens=losses.tokens,
                slots=losses.slots,
                seconds=time.perf_counter() - started,
            )
            if apart and outcome.gramian is not None and len(drawn) > 1:
                log.gradient_pairs(step, epoch, gradient_pairs(outcome.gramian, drawn))
            if resuming and not epoch_ends and resuming.due():
                keep(resuming, learner, log, step)
        learner.balancer.end_epoch()
        if epoch % settings.evaluate_every == 0 or step == total:
            with learner.average.applied():
                end_epoch(epoch, step, step == total)
        if resuming and step < total and resuming.due():
            keep(resuming, learner, log, step)


def orders(
    settings: TrainingSettings, tasks: Mapping[str, TaskData], *, seed: int, epoch: int
) -> dict[str, Iterator[np.ndarray]]:
    """Give each task's batches in an epoch, as rows of its examples, without end."""
    found = {}
    for task, data in tasks.items():
        balanced = settings.resampling.get(task) == "balanced"
        found[task] = draw(
            len(data.labels),
            settings.batch_size[task],
            seed=seed,
            task=task,
            epoch=epoch,
            balanced=data.labels.cpu().numpy() if balanced else None,
            subset=settings.examples.get(task),
        )
    return found


def plan_steps(
    settings: TrainingSettings, sizes: Mapping[str, int], *, seed: int
) -> list[list[tuple[str, ...]]]:
    """Give the tasks of every step, epoch by epoch; with `steps` the last epoch may be cut.

    With `steps` the run has as many epochs as these many steps need, and that number is what the
    sampler is told.

    Args:
        settings: Sampler, batch sizes and budget.
        sizes: Examples of each task.
        seed: Seed of the run.

    Raises:
        InputError: more examples are to take part than a task has.
    """
    for task, subset in settings.examples.items():
        with located(f"train.examples.{task}", link="."):
            subset.check(sizes[task])
        sizes = {**sizes, task: subset.count}
    batches = {task: -(-size // settings.batch_size[task]) for task, size in sizes.items()}

    def ask(epoch: int, epochs: int) -> list[tuple[str, ...]]:
        steps: list[tuple[str, ...]] = settings.sampler.epoch(
            epoch=epoch,
            epochs=epochs,
            sizes=sizes,
            batches=batches,
            generator=stream(seed, "tasks of the steps", epoch),
        )
        return steps

    length = len(ask(1, 1))  # of every epoch, as samplers promise
    total = settings.steps or settings.epochs * length
    epochs = -(-total // length)
    schedule = [ask(epoch, epochs) for epoch in range(1, epochs + 1)]
    schedule[-1] = schedule[-1][: total - (epochs - 1) * length]
    return schedule


def keep(resuming: Resuming, learner: Learner, log: Log, step: int) -> None:
    """Save where the run stands after a step, and after its epoch's end if it was the last."""
    state = {"learner": learner.state_dict(), "log": log.state_dict(), "step": step}
    resuming.save({**state, "random": random_states()})


def resume(resuming: Resuming | None, learner: Learner, log: Log) -> int:
    """Stand where the run stood when it was saved; give the number of steps behind it."""
    if resuming is None or resuming.found is None:
        return 0
    state, resuming.found = resuming.found, None
    learner.load_state_dict(state["learner"])
    log.load_state_dict(state["log"])
    set_random_states(state["random"])
    print(f"{log.name}: goes on after step {state['step']}", flush=True)
    return int(state["step"])


def check_finite(
    step: int, losses: Mapping[str, float], norm: float, ids: Mapping[str, Sequence[str]]
) -> None:
    """Stop before an update that would spoil every weight.

    Args:
        step: Its number.
        losses: Each task's.
        norm: Of the gradient of the whole model.
        ids: Each task's examples in the step.

    Raises:
        NotFiniteError: naming the step, what is not a finite number, and the examples.
    """
    faults = {f"loss of {task}": (value, [task]) for task, value in losses.items()}
    faults = {name: fault for name, fault in faults.items() if not np.isfinite(fault[0])}
    if not faults and not np.isfinite(norm):
        faults["gradient norm"] = (norm, list(losses))
    if not faults:
        return
    told = ", ".join(f"{name} is {value}" for name, (value, _) in faults.items())
    named = {task: ids[task] for _, some in faults.values() for task in some}
    batch = "; ".join(f"{task} {', '.join(some)}" for task, some in named.items())
    raise NotFiniteError(
        f"step {step}: {told}; a lower train.learning_rate may help. The examples of that step, by "
        f"id: {batch}"
    )
