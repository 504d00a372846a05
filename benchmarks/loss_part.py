"""The loss of in-batch negatives alone: the term against wang's double loop.

Real vectors of one batch are constants; from them come the loss and its gradients, by the term
itself and by a loop over i and j that calls head and loss once for every pair. In fp32, with the
head's dropout on, as in training, and off, where the two must agree.
"""

import time
from collections.abc import Callable
from typing import Any

from benchmarks.step_time import quartiles, ratio
from mtbert.core.errors import InputError

CONTRASTIVE = "in_batch_negatives"
GATE = 1e-5


def loss_part(trained: Any, task: str, *, batch: int, rounds: int) -> dict[str, Any]:
    """Time the loss of in-batch negatives from given vectors, both ways.

    Raises:
        InputError: without dropout the two give other losses or gradients.
    """
    part = LossPart(trained, task, batch=batch)
    part.head.eval()
    gate = part.gate()
    print(f"gate: largest relative difference of the two ways: {gate:.1e}", flush=True)
    if not gate <= GATE:
        raise InputError(f"gate: they are not the same loss; at most {GATE}, found {gate}")
    ways = {"term": part.term, "double loop": part.double_loop}
    results: dict[str, Any] = {"gate": gate}
    for key, mode in (("dropout", True), ("no_dropout", False)):
        part.head.train(mode)
        turns: dict[str, list[list[float]]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name in [*ways, *reversed(ways)]:
                turns[name].append([part.seconds(ways[name]) for _ in range(4)][1:])
        results[key] = {name: versus(own, turns["term"]) for name, own in turns.items()}
    return results


class LossPart:
    """The vectors of one batch of pairs, the head and the objective."""

    def __init__(self, trained: Any, task: str, *, batch: int) -> None:
        import numpy as np
        import torch

        from mtbert.modeling.passes import Passes

        self.head, self.device = trained.model.heads[task], trained.device
        data = trained.task_data()[task]
        rows = np.arange(min(batch, len(data.labels)))
        self.labels = data.labels[: len(rows)]
        trained.model.eval()
        with torch.no_grad():
            _, vectors = Passes(trained.model, trained.collate({task: rows}), task)()
        self.u, self.v = (side.float().requires_grad_() for side in vectors)
        self.objective = trained.plan.train.objectives[task].build(
            bounds=data.bounds, targets=data.labels
        )
        self.leaves = [self.u, self.v, *self.head.parameters()]

    # As the passes of a batch whose vectors are known.
    tokens = None

    def __call__(self, delta: Any = None, weights: Any = None) -> tuple[Any, Any]:
        return self.head((self.u, self.v)), (self.u, self.v)

    def all_pairs(self, u: Any, v: Any) -> Any:
        from mtbert.modeling.all_pairs import all_pairs

        return all_pairs(self.head, u, v)

    def term(self) -> Any:
        """The loss as it is trained."""
        import numpy as np

        from mtbert.training.auxiliaries import AUXILIARIES
        from mtbert.training.task_batch import TaskBatch

        batch = TaskBatch(
            passes=self,
            objective=self.objective,
            labels=self.labels,
            regression=False,
            generator=np.random.default_rng(0),
        )
        return batch.loss + AUXILIARIES[CONTRASTIVE]().extra(batch)

    def double_loop(self) -> Any:
        """The same as wang did it: first i, then j, head and loss of one pair at a time."""
        zero, total = self.labels.new_zeros(1), self.labels.new_zeros(())
        count = len(self.labels)
        for i in range(count):
            for j in range(count):
                logits = self.head((self.u[i : i + 1], self.v[j : j + 1]))
                total = total + self.objective(logits, self.labels[i : i + 1] if i == j else zero)
        return total / count**2

    def seconds(self, way: Callable[[], Any]) -> float:
        """Time of a loss and its gradients."""
        import torch

        self.wait()
        started = time.perf_counter()
        torch.autograd.grad(way(), self.leaves)
        self.wait()
        return time.perf_counter() - started

    def wait(self) -> None:
        """Let the device finish."""
        import torch

        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def gate(self) -> float:
        """Largest difference of losses and of gradients, each relative to its own norm."""
        import torch

        both = []
        for way in (self.term, self.double_loop):
            loss = way()
            both.append([loss.detach(), *torch.autograd.grad(loss, self.leaves)])
        return max(
            float((a - b).norm() / b.norm().clamp(min=1e-12)) for a, b in zip(*both, strict=True)
        )


def versus(own: list[list[float]], base: list[list[float]]) -> dict[str, Any]:
    """Quartiles in milliseconds, and the ratio to others in the same round."""
    return {
        "milliseconds": [round(value * 1e3, 3) for value in quartiles(own)],
        "ratio": round(ratio(own, base), 3),
    }
