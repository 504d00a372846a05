"""Outputs of a model on whole splits."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch

from mtbert.core.schemas import Tokens
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.packing import RowShape, TaskExamples, TokenBatch, collate
from mtbert.modeling.vectors import VectorBatch, VectorPair


def predict(
    model: MultiTaskModel,
    tokens: Mapping[str, Tokens],
    shape: RowShape,
    *,
    batch_size: int = 64,
    encoded: VectorBatch | None = None,
) -> dict[str, np.ndarray]:
    """Give the outputs of every example of each task, in the order of its rows.

    Args:
        model: Any; it runs without dropout, and comes back as it was.
        tokens: The split of each task.
        shape: How sequences are laid into rows.
        batch_size: Examples in a batch.
        encoded: The splits' sentence vectors, where they are known already.

    Returns:
        Task name to raw outputs, (example, width) float32.
    """
    was_training = model.training
    model.eval()
    found = {}
    with torch.inference_mode():
        for task, split in tokens.items():
            if encoded is None:
                inputs: Iterator[TokenBatch] | list[VectorBatch] = batches(
                    model, task, split, shape, batch_size=batch_size
                )
            else:
                inputs = [chosen(encoded, {task: np.arange(len(split))})]
            found[task] = torch.cat([model(batch)[task].float().cpu() for batch in inputs]).numpy()
    model.train(was_training)
    return found


def encode_splits(
    model: MultiTaskModel, tokens: Mapping[str, Tokens], shape: RowShape, *, batch_size: int = 64
) -> VectorBatch:
    """Encode and pool every example once, for an encoder whose vectors never change."""
    was_training = model.training
    model.eval()
    vectors: dict[str, VectorPair] = {}
    count = slots = 0
    with torch.no_grad():
        for task, split in tokens.items():
            sides: list[VectorPair] = []
            for batch in batches(model, task, split, shape, batch_size=batch_size):
                u, v = model.encode(batch)[task]
                sides.append((u.float(), None if v is None else v.float()))
                count, slots = count + batch.tokens, slots + batch.slots
            second = [v for _, v in sides if v is not None]
            vectors[task] = (
                torch.cat([u for u, _ in sides]),
                torch.cat(second) if second else None,
            )
    model.train(was_training)
    return VectorBatch(vectors, count, slots)


def chosen(encoded: VectorBatch, rows: Mapping[str, np.ndarray]) -> VectorBatch:
    """Some examples of each task, as a batch that no token of goes through the encoder again."""
    vectors = {}
    for task, numbers in rows.items():
        u, v = encoded.vectors[task]
        index = torch.from_numpy(numbers).to(u.device)
        vectors[task] = (u[index], None if v is None else v[index])
    return VectorBatch(vectors)


def batches(
    model: MultiTaskModel, task: str, split: Tokens, shape: RowShape, *, batch_size: int
) -> Iterator[TokenBatch]:
    """A task's examples in the order of its rows, on the model's device."""
    device = next(model.parameters()).device
    for start in range(0, len(split), batch_size):
        rows = np.arange(start, min(start + batch_size, len(split)))
        examples = TaskExamples(split.a, split.b, rows, joint=model.joint[task])
        yield collate({task: examples}, shape).to(device)
