"""One task's batch of a model small enough to follow by hand."""

from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional

from mtbert.training.task_batch import TaskBatch


class Toy(nn.Module):
    """Logits W · act(Σ x) of each example's tokens; vectors are the sums, halved into u and v."""

    def __init__(self, x, example, *, width=1, act=None, dropout=0.0):
        super().__init__()
        self.x, self.example = x, example
        self.weight = nn.Parameter(torch.arange(1.0, 1 + width * x.shape[1]).view(width, -1) / 4)
        self.act, self.dropout = act or nn.Identity(), nn.Dropout(dropout)
        self.to(x.dtype)

    def forward(self, delta):
        x = self.x if delta is None else self.x + delta
        count = int(self.example.max()) + 1
        sums = torch.zeros(count, x.shape[1], dtype=x.dtype).index_add(0, self.example, x)
        return self.dropout(self.act(sums)) @ self.weight.T, tuple(sums.chunk(2, dim=1))


class ToyPasses:
    """Runs it; notes every perturbation and what weights it ran with."""

    def __init__(self, model, ids=None):
        self.model = model
        ids = torch.arange(len(model.x)) if ids is None else ids
        examples = int(model.example.max()) + 1
        self.tokens = SimpleNamespace(
            ids=ids, example=model.example, examples=examples, width=model.x.shape[1]
        )
        self.deltas, self.weights = [], []

    def __call__(self, delta=None, weights=None):
        self.deltas.append(None if delta is None else delta.detach().clone())
        self.weights.append(weights)
        return functional_call(self.model, dict(weights or {}), (delta,))


def squared_error(logits, labels):
    """Mean over the examples."""
    return (logits.squeeze(-1) - labels).square().mean()


def cross_entropy(logits, labels):
    """Mean over the examples."""
    return functional.cross_entropy(logits, labels.long())


def symmetric_divergence(a, b):
    """KL(P‖Q) + KL(Q‖P), as it is written, mean of the examples."""
    p, q = a.softmax(1), b.softmax(1)
    return ((p * (p / q).log()).sum(1) + (q * (q / p).log()).sum(1)).mean()


def toy_batch(model, *, labels, objective=squared_error, regression=True, ids=None, seed=0, **more):
    """A batch as the loop would make it."""
    return TaskBatch(
        passes=ToyPasses(model, ids),
        objective=objective,
        labels=labels,
        regression=regression,
        generator=np.random.default_rng(seed),
        parameters=list(model.parameters()),
        **more,
    )
