"""Outputs and sentence vectors of whole splits."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from mtbert.core.schemas import Tokens
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.packing import (
    RowShape,
    TaskExamples,
    TokenBatch,
    batches_by_length,
    collate,
)
from mtbert.modeling.vectors import VectorBatch, VectorPair

# Called with a number of examples that are done
Advance = Callable[[int], object]


def _show_nothing(_: int) -> None:
    pass


def predict(
    model: MultiTaskModel,
    tokens: Mapping[str, Tokens],
    shape: RowShape,
    *,
    batch_size: int = 128,
    encoded: VectorBatch | None = None,
    advance: Advance = _show_nothing,
) -> dict[str, np.ndarray]:
    """Give each task's raw outputs, (example, width) float32, in the order of its split.

    With `encoded`, the splits' precomputed sentence vectors, the encoder is skipped. `advance` is
    called with the examples of each batch that is done.
    """
    outputs = {}
    with _evaluating(model), torch.inference_mode():
        for task, split in tokens.items():
            if encoded is not None:
                output = model(encoded.select({task: np.arange(len(split))}))[task]
            else:
                batches, places = _batches(model, task, split, shape, batch_size, advance)
                output = torch.cat([model(batch)[task] for batch in batches])[places]
            outputs[task] = output.float().cpu().numpy()
    return outputs


def encode_splits(
    model: MultiTaskModel,
    tokens: Mapping[str, Tokens],
    shape: RowShape,
    *,
    batch_size: int = 128,
    advance: Advance = _show_nothing,
) -> VectorBatch:
    """Encode and pool every example once, for an encoder whose vectors never change."""
    vectors: dict[str, VectorPair] = {}
    count = slots = 0
    with _evaluating(model), torch.no_grad():
        for task, split in tokens.items():
            first, second = [], []
            batches, places = _batches(model, task, split, shape, batch_size, advance)
            for batch in batches:
                u, v = model.encode(batch)[task]
                first.append(u.float())
                second += [] if v is None else [v.float()]
                count, slots = count + batch.tokens, slots + batch.slots
            vectors[task] = (
                torch.cat(first)[places],
                torch.cat(second)[places] if second else None,
            )
    return VectorBatch(vectors, count, slots)


@contextmanager
def _evaluating(model: MultiTaskModel) -> Iterator[None]:
    """Turn dropout off, and back on if it was on."""
    was_training = model.training
    model.eval()
    yield
    model.train(was_training)


def _batches(
    model: MultiTaskModel,
    task: str,
    split: Tokens,
    shape: RowShape,
    batch_size: int,
    advance: Advance,
) -> tuple[Iterator[TokenBatch], Tensor]:
    """A task's examples in batches of similar length, which leave less padding.

    Returns:
        The batches on the model's device, and the place of each example in them laid end to end,
        (example,).
    """
    device = next(model.parameters()).device
    sides = [side.lengths for side in (split.a, split.b) if side is not None]
    parts, places = batches_by_length(np.sum(sides, axis=0), batch_size)

    def batches() -> Iterator[TokenBatch]:
        for rows in parts:
            examples = TaskExamples(split.a, split.b, rows, joint=model.joint[task])
            yield collate({task: examples}, shape).to(device)
            advance(len(rows))

    return batches(), torch.from_numpy(places).to(device)
