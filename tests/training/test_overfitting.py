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
# A head, its task and objective, and whether examples are pairs, in one sequence or in two.
CASES = [
    ("linear", "sst", "cross_entropy", [None]),
    ({"name": "mlp", "layers": 2}, "sst", "cross_entropy", [None]),
    ("linear", "para", "binary_cross_entropy", ["siamese", "joint"]),
    ({"name": "mlp", "features": EVERY}, "para", "binary_cross_entropy", ["siamese"]),
    ({"name": "mlp", "logits": 2}, "para", "cross_entropy", ["siamese", "joint"]),
    ("linear", "sts", "squared_error", ["siamese", "joint"]),
    ({"name": "mlp", "range": "sigmoid"}, "sts", "squared_error", ["siamese", "joint"]),
    ("cosine", "sts", "squared_error", ["siamese"]),
    ({"name": "cosine", "form": "relu"}, "sts", "squared_error", ["siamese"]),
    ({"name": "cosine", "form": "shifted"}, "sts", "squared_error", ["siamese"]),
]
RUNS = [
    (head, task, objective, encoding, pooling, "none")
    for head, task, objective, encodings in CASES
    for encoding in encodings
    for pooling in POOLINGS
]
LAYERS = {"name": "layers", "layers": 2}
RUNS += [("cosine", "sts", "squared_error", "siamese", it, LAYERS) for it in POOLINGS]


@pytest.mark.parametrize(
    ("head", "task", "objective", "encoding", "pooling", "projection"), RUNS, ids=str
)
def test_it_learns_32_examples_by_heart(head, task, objective, encoding, pooling, projection):
    settings = model_settings(
        tasks=[task],
        heads={task: head},
        pooling=pooling,
        projections={task: projection},
        encoding={task: encoding} if encoding else {},
    )
    # As every run: without dropout nothing is left to chance.
    model = tiny_model(settings).eval()
    generator = np.random.default_rng(0)
    bounds = TASKS[task].labels.bounds
    drawn = generator.uniform(*bounds, SIZE)
    labels = torch.tensor(drawn if task == "sts" else drawn.round(), dtype=torch.float32)
    lengths = generator.integers(3, 12, SIZE).tolist()
    second = ragged(lengths[::-1], seed=1) if encoding else None
    examples = TaskExamples(ragged(lengths), second, np.arange(SIZE), joint=encoding == "joint")
    batch = collate({task: examples}, SHAPE)
    loss = OBJECTIVES[objective]().build(bounds=bounds, targets=labels)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(400):
        outputs = model(batch)[task]
        if step % 10 == 0 and learned(outputs.detach(), labels):
            return
        optimizer.zero_grad()
        loss(outputs, labels).backward()
        optimizer.step()
    pytest.fail(f"after 400 steps the loss is {loss(outputs, labels).item():.3f}")


def learned(outputs, labels):
    """Every class right; similarities off by 0.3 of 5 on average, r above 0.95.

    On average: a pair with a negative cosine stays where it is behind a ReLU.
    """
    if outputs.shape[1] > 1:
        return bool((outputs.argmax(1) == labels).all())
    if set(labels.tolist()) == {0.0, 1.0}:
        return bool(((outputs[:, 0] > 0) == labels).all())
    error = (outputs[:, 0] - labels).abs().mean()
    return bool(error < 0.3) and torch.corrcoef(torch.stack([outputs[:, 0], labels]))[0, 1] > 0.95
