"""Every head, behind every pooling and encoding, learns 32 examples by heart."""

import numpy as np
import pytest
import torch

from mtbert.core.tasks import read_tasks
from mtbert.modeling.packing import RowShape, TaskExamples, collate
from mtbert.modeling.pooling import POOLINGS
from mtbert.training.objectives import OBJECTIVES

from tiny import ROOT, model_settings, ragged, tiny_model

SHAPE = RowShape([1], [2], [2], [0, 1], pad=0, max_length=32, row_length=64)
SIZE = 32
TASKS = read_tasks(ROOT / "params.yaml")
EVERY = ["u", "v", "abs_diff", "product", "cosine"]
BINARY, SQUARED = "binary_cross_entropy", "squared_error"
# A head, its task and objective, and how pairs are encoded
CASES = [
    ("linear", "sst", "cross_entropy", None),
    ({"name": "mlp", "layers": 2}, "sst", "cross_entropy", None),
    ("linear", "para", BINARY, "siamese"),
    ("linear", "para", BINARY, "joint"),
    ({"name": "mlp", "features": EVERY}, "para", BINARY, "siamese"),
    ({"name": "mlp", "logits": 2}, "para", "cross_entropy", "siamese"),
    ("linear", "sts", SQUARED, "siamese"),
    ("linear", "sts", SQUARED, "joint"),
    ({"name": "mlp", "range": "sigmoid"}, "sts", SQUARED, "siamese"),
    ("cosine", "sts", SQUARED, "siamese"),
    ({"name": "cosine", "form": "relu"}, "sts", SQUARED, "siamese"),
    ({"name": "cosine", "form": "shifted"}, "sts", SQUARED, "siamese"),
]


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize(("head", "task", "objective", "encoding"), CASES, ids=str)
def test_it_learns_32_examples_by_heart(head, task, objective, encoding, pooling):
    settings = model_settings(
        tasks=[task],
        heads={task: head},
        pooling=pooling,
        projections={task: {"name": "layers", "layers": 2} if head == "cosine" else "none"},
        encoding={task: encoding} if encoding else {},
    )
    model = tiny_model(settings).eval()  # without dropout nothing is left to chance
    generator, bounds = np.random.default_rng(0), TASKS[task].labels.bounds
    drawn = generator.uniform(*bounds, SIZE)
    labels = torch.tensor(drawn if task == "sts" else drawn.round(), dtype=torch.float32)
    lengths = generator.integers(3, 12, SIZE).tolist()
    second = ragged(lengths[::-1], seed=1) if encoding else None
    examples = TaskExamples(ragged(lengths), second, np.arange(SIZE), joint=encoding == "joint")
    batch = collate({task: examples}, SHAPE)
    loss = OBJECTIVES[objective]().build(bounds=bounds, targets=labels)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    first = loss(model(batch)[task], labels).item()
    for _ in range(400):
        value = loss(model(batch)[task], labels)
        if value.item() < first / 10:
            return
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    pytest.fail(f"400 steps took the loss from {first:.3f} to {value.item():.3f}")
