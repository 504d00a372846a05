"""Outputs and sentence vectors of whole splits."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

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
    """Give each task's raw outputs, (example, width) float32, in the order of its split.

    With `encoded`, the splits' precomputed sentence vectors, the encoder is skipped.
    """
    outputs = {}
    with _evaluating(model), torch.inference_mode():
        for task, split in tokens.items():
            batches: Iterable[TokenBatch | VectorBatch] = (
                _batches(model, task, split, shape, batch_size)
                if encoded is None
                else [encoded.select({task: np.arange(len(split))})]
            )
            outputs[task] = torch.cat([model(it)[task].float().cpu() for it in batches]).numpy()
    return outputs


def encode_splits(
    model: MultiTaskModel, tokens: Mapping[str, Tokens], shape: RowShape, *, batch_size: int = 64
) -> VectorBatch:
    """Encode and pool every example once, for an encoder whose vectors never change."""
    vectors: dict[str, VectorPair] = {}
    count = slots = 0
    with _evaluating(model), torch.no_grad():
        for task, split in tokens.items():
            first, second = [], []
            for batch in _batches(model, task, split, shape, batch_size):
                u, v = model.encode(batch)[task]
                first.append(u.float())
                second += [] if v is None else [v.float()]
                count, slots = count + batch.tokens, slots + batch.slots
            vectors[task] = (torch.cat(first), torch.cat(second) if second else None)
    return VectorBatch(vectors, count, slots)


@contextmanager
def _evaluating(model: MultiTaskModel) -> Iterator[None]:
    """Turn dropout off, and back on if it was on."""
    was_training = model.training
    model.eval()
    yield
    model.train(was_training)


def _batches(
    model: MultiTaskModel, task: str, split: Tokens, shape: RowShape, batch_size: int
) -> Iterator[TokenBatch]:
    """A task's examples in the order of the split, on the model's device."""
    device = next(model.parameters()).device
    for start in range(0, len(split), batch_size):
        rows = np.arange(start, min(start + batch_size, len(split)))
        examples = TaskExamples(split.a, split.b, rows, joint=model.joint[task])
        yield collate({task: examples}, shape).to(device)
