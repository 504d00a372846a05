"""A model small enough to follow by hand: shared weights, a head for each task, a map for two."""

import torch
from torch import nn

from mtbert.core.registry import build
from mtbert.training.balancing import BALANCINGS, Setup

TASKS = ("a", "b", "c")


class Net(nn.Module):
    """tanh of a shared layer, then a head; `b` and `c` share a map in between."""

    def __init__(self, seed=0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)

        def drawn(*shape):
            return nn.Parameter(torch.randn(*shape, generator=generator))

        self.shared = nn.ParameterList([drawn(6, 5), drawn(5), drawn(7)])  # no loss reaches the 7
        self.only_b = drawn(5)  # shared, but of one task's loss
        self.map = drawn(5, 5)
        self.heads = nn.ParameterDict({task: drawn(5) for task in TASKS})
        self.data = {task: torch.randn(4, 6, generator=generator) for task in TASKS}
        self.targets = {task: torch.randn(4, generator=generator) * 2 for task in TASKS}
        self.requested = []

    def of_all(self):
        return [*self.shared, self.only_b]

    def losses(self, requested):
        self.requested.append(tuple(requested))
        return {task: self.loss(task) for task in requested}

    def loss(self, task):
        hidden = torch.tanh(self.data[task] @ self.shared[0] + self.shared[1])
        hidden = hidden if task == "a" else hidden @ self.map
        hidden = hidden + self.only_b if task == "b" else hidden
        return (hidden @ self.heads[task] - self.targets[task]).square().mean()

    def begin(self, spec, seed=1, **changes):
        method = build(BALANCINGS, spec, what="balancing")
        setup = {"tasks": TASKS, "shared": self.of_all(), "seed": seed, **changes}
        return method.begin(Setup(**setup))

    def gradients(self):
        return {name: p.grad.clone() for name, p in self.named_parameters() if p.grad is not None}

    def jacobian(self):
        """One row for each task, by the shared parameters, (task, number)."""
        rows = []
        for task in TASKS:
            grads = torch.autograd.grad(self.loss(task), self.of_all(), materialize_grads=True)
            rows.append(torch.cat([grad.flatten() for grad in grads]))
        return torch.stack(rows)

    def update(self):
        """The shared parameters' gradient as one vector, (number,)."""
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.of_all()]
        return torch.cat([part.flatten() for part in parts])


class Rows:
    """Losses whose gradients by one shared vector are given rows."""

    def __init__(self, rows):
        self.rows = torch.tensor(rows)
        self.vector = nn.Parameter(torch.zeros(self.rows.shape[1]))
        self.tasks = TASKS[: len(rows)]

    def begin(self, spec, seed=1, **changes):
        setup = Setup(tasks=self.tasks, shared=[self.vector], seed=seed, **changes)
        return build(BALANCINGS, spec, what="balancing").begin(setup)

    def losses(self, requested):
        return {task: self.rows[self.tasks.index(task)] @ self.vector for task in requested}

    def step(self, balancer):
        self.vector.grad = None
        outcome = balancer.backward(self.losses, self.tasks)
        return outcome, self.vector.grad
