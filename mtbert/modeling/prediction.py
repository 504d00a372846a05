"""Outputs and sentence vectors of whole splits."""

from collections.abc import Iterator, Mapping
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
    batch_size: int = 128,
    encoded: VectorBatch | None = None,
) -> dict[str, np.ndarray]:
    """Give each task's raw outputs, (example, width) float32, in the order of its split.

    With `encoded`, the splits' precomputed sentence vectors, the encoder is skipped.
    """
    outputs = {}
    with _evaluating(model), torch.inference_mode():
        for task, split in tokens.items():
            if encoded is not None:
                logits = model(encoded.select({task: np.arange(len(split))}))[task]
                outputs[task] = logits.float().cpu().numpy()
                continue
            batches, places = _batches(model, task, split, shape, batch_size)
            parts = [model(batch)[task].float() for batch in batches]
            outputs[task] = torch.cat(parts)[places].cpu().numpy()
    return outputs


def encode_splits(
    model: MultiTaskModel, tokens: Mapping[str, Tokens], shape: RowShape, *, batch_size: int = 128
) -> VectorBatch:
    """Encode and pool every example once, for an encoder whose vectors never change."""
    vectors: dict[str, VectorPair] = {}
    count = slots = 0
    with _evaluating(model), torch.no_grad():
        for task, split in tokens.items():
            first, second = [], []
            batches, places = _batches(model, task, split, shape, batch_size)
            for batch in batches:
                u, v = model.encode(batch)[task]
                first.append(u.float())
                second += [] if v is None else [v.float()]
                count, slots = count + batch.tokens, slots + batch.slots
            pair = torch.cat(first)[places], torch.cat(second)[places] if second else None
            vectors[task] = pair
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
) -> tuple[Iterator[TokenBatch], torch.Tensor]:
    """A task's examples on the model's device, and each one's place in the batches laid end to end.

    Examples of similar length share a batch: its rows are as long as its longest sequence.
    """
    device = next(model.parameters()).device
    lengths = split.a.lengths + (0 if split.b is None else split.b.lengths)
    order = np.argsort(lengths, kind="stable")
    batches = (
        collate({task: TaskExamples(split.a, split.b, rows, joint=model.joint[task])}, shape).to(
            device
        )
        for start in range(0, len(split), batch_size)
        for rows in [order[start : start + batch_size]]
    )
    return batches, torch.from_numpy(order.argsort()).to(device)
