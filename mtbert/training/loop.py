"""The training loop, read from top to bottom. It asks for no method's or task's name."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from mtbert.errors import InputError
from mtbert.training.batches import draw
from mtbert.training.log import Log
from mtbert.training.schedule import factor
from mtbert.training.settings import TrainingSettings

# From rows of each task to a batch on the device, with `.tokens` (real ones) and `.slots` (with
# padding).
Collate = Callable[[Mapping[str, np.ndarray]], Any]


class Group(Protocol):
    """Parameters that learn at one rate."""

    @property
    def part(self) -> str:
        """What they are of: encoder, adapter or heads."""

    @property
    def below_top(self) -> int:
        """Layers of the encoder above these; 0 outside it."""

    @property
    def parameters(self) -> list[nn.Parameter]:
        """The parameters themselves."""


class Model(Protocol):
    """What the loop asks of a model."""

    def __call__(self, batch: Any) -> dict[str, Tensor]:
        """Map a batch to each task's logits, (example, width)."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters."""

    def groups(self) -> Sequence[Group]:
        """The trainable ones, by part and layer."""

    def train(self, mode: bool = True) -> Any:
        """Switch dropout on."""


def train(
    model: Model,
    *,
    settings: TrainingSettings,
    seed: int,
    labels: Mapping[str, Tensor],
    collate: Collate,
    bounds: Mapping[str, tuple[float, float]],
    end_epoch: Callable[[int, int], None],
    autocast: Callable[[], AbstractContextManager[Any]],
    log: Log,
) -> None:
    """Train a model in place.

    Args:
        model: Maps a batch to {task: logits}.
        settings: Sampler, balancing, optimizer and budget.
        seed: Decides the order of the examples; dropout follows torch's own generator.
        labels: Labels of each task's train split, (example,), on the device. Their order is the
            order of the tasks.
        collate: Assembles a batch.
        bounds: Lowest and highest label of each task.
        end_epoch: Called with the epoch and the step after each epoch: evaluates and saves.
        autocast: Gives the context in which the forward pass runs.
        log: Takes a row for every step.

    Raises:
        InputError: a loss or the gradient's norm is not a finite number.
    """
    sizes = {task: len(values) for task, values in labels.items()}
    schedule = plan_steps(settings, sizes)
    total = sum(map(len, schedule))
    optimizer = make_optimizer(model, settings)
    # Of what there is: a frozen encoder has no rate to log.
    peak = max(group["peak"] for group in optimizer.param_groups if group["told"])
    objectives = {
        task: settings.objectives[task].build(bounds=bounds[task], targets=targets)
        for task, targets in labels.items()
    }
    balanced = {
        task: labels[task].cpu().numpy()
        for task in labels
        if settings.resampling.get(task) == "balanced"
    }
    step = 0
    model.train()
    for epoch, steps in enumerate(schedule, start=1):
        batches = {
            task: draw(
                size,
                settings.batch_size[task],
                seed=seed,
                task=task,
                epoch=epoch,
                balanced=balanced.get(task),
            )
            for task, size in sizes.items()
        }
        for tasks in steps:
            started = time.perf_counter()
            share = factor(step, total=total, warmup=settings.warmup, schedule=settings.schedule)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * share
            rows = {task: next(batches[task]) for task in tasks}
            tokens = slots = 0

            def losses(
                asked: Sequence[str], rows: dict[str, np.ndarray] = rows
            ) -> dict[str, Tensor]:
                nonlocal tokens, slots
                batch = collate({task: rows[task] for task in asked})
                tokens, slots = tokens + batch.tokens, slots + batch.slots
                with autocast():
                    logits = model(batch)
                return {
                    task: objectives[task](logits[task].float(), labels[task][rows[task]])
                    for task in asked
                }

            found = settings.balancing.backward(losses, tasks)
            values = {task: float(loss) for task, loss in found.items()}
            check_finite({f"loss of {task}": loss for task, loss in values.items()}, step + 1)
            norm = float(nn.utils.clip_grad_norm_(model.parameters(), settings.clip))
            check_finite({"gradient norm": norm}, step + 1)
            optimizer.step()
            optimizer.zero_grad()
            step += 1
            log.step(
                step=step,
                epoch=epoch,
                total=total,
                learning_rate=peak * share,
                losses=values,
                gradient_norm=norm,
                tokens=tokens,
                slots=slots,
                seconds=time.perf_counter() - started,
            )
        end_epoch(epoch, step)


def plan_steps(settings: TrainingSettings, sizes: Mapping[str, int]) -> list[list[tuple[str, ...]]]:
    """Give the tasks of every step, epoch by epoch; `steps` may end the last epoch early.

    Args:
        settings: Sampler, batch sizes and budget.
        sizes: Examples of each task.
    """
    batches = {task: -(-size // settings.batch_size[task]) for task, size in sizes.items()}
    schedule: list[list[tuple[str, ...]]] = []
    left = settings.steps
    for _ in _epochs(settings):
        steps = settings.sampler.epoch(batches)[:left]
        schedule.append(steps)
        left = None if left is None else left - len(steps)
        if left == 0:
            break
    return schedule


def _epochs(settings: TrainingSettings) -> Iterator[int]:
    epoch = 0
    while settings.steps is not None or epoch < settings.epochs:
        epoch += 1
        yield epoch


def make_optimizer(model: Model, settings: TrainingSettings) -> torch.optim.Optimizer:
    """AdamW (Loshchilov & Hutter 2019); as in BERT, no decay on biases and layer norms.

    Heads and adapters start from random weights and take rates of their own: at one that is safe
    for a pretrained encoder they would hardly move in a short run. Within the encoder the rate
    falls by `layer_decay` with each layer from the top (Clark et al. 2020, section 3.1; Howard &
    Ruder 2018, section 3.2): the top one has the full rate, the embeddings that times
    decay^layers.
    """
    peaks = {
        "encoder": settings.learning_rate,
        "adapter": settings.adapter_learning_rate,
        "heads": settings.head_learning_rate,
    }
    groups: list[dict[str, Any]] = []
    parts = {group.part for group in model.groups()}
    told = next(part for part in peaks if part in parts)
    for group in model.groups():
        peak = peaks[group.part] * settings.layer_decay**group.below_top
        for decay, matrices in ((settings.weight_decay, True), (0.0, False)):
            chosen = [p for p in group.parameters if (p.ndim > 1) == matrices]
            rates = {"peak": peak, "told": group.part == told}
            groups.append({"params": chosen, "weight_decay": decay, **rates})
    # A group without parameters is no fault, but torch warns of a list of none.
    groups = [group for group in groups if group["params"]]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)


def check_finite(values: Mapping[str, float], step: int) -> None:
    """Stop before an update that would spoil every weight.

    Raises:
        InputError: naming the step and what is not a finite number.
    """
    for name, value in values.items():
        if not np.isfinite(value):
            raise InputError(
                f"step {step}: {name} is {value}; a lower train.learning_rate may help"
            )
