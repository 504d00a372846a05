"""How near each example lies to the training data, in the space of the untuned encoder.

A text's vector is the mean of its tokens' last hidden states (Reimers & Gurevych 2019), scaled to
length 1. An example's neighbour is the train example with the largest cosine; of pairs, the cosine
is the mean over first and second texts.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mtbert.core.schemas import Ragged, Tokens
from mtbert.modeling.encoder import encode
from mtbert.modeling.packing import RowShape, TaskExamples, batches_by_length, collate
from mtbert.modeling.pooling import MeanPooling

BATCH = 128  # texts
COMPARED = 1024  # examples that are compared with all of train at once


def nearest(
    encoder: nn.Module,
    train: Tokens,
    other: Tokens,
    shape: RowShape,
    advance: Callable[[int], object] = lambda texts: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest train example of each example of another split.

    `advance` is called with the number of texts of each batch that is encoded.

    Returns:
        Its row in `train`, (example,) int64, and the cosine, (example,) float32.
    """
    device = next(encoder.parameters()).device
    encoder.eval()
    with torch.inference_mode():
        of_train, of_other = (
            _vectors(encoder, split, shape, device, advance) for split in (train, other)
        )
        best = [(part @ of_train.T).max(1) for part in torch.split(of_other, COMPARED)]
    rows, cosines = (
        torch.cat([getattr(it, name) for it in best]) for name in ("indices", "values")
    )
    return rows.cpu().numpy(), cosines.cpu().numpy()


def _vectors(
    encoder: nn.Module,
    split: Tokens,
    shape: RowShape,
    device: Any,
    advance: Callable[[int], object],
) -> Tensor:
    """Vectors whose products are the cosines, (example, sides · hidden)."""
    sides = [side for side in (split.a, split.b) if side is not None]
    scaled = []
    for side in sides:
        batches, places = batches_by_length(side.lengths, BATCH)
        means = []
        for rows in batches:
            means.append(_means(encoder, side, rows, shape, device))
            advance(len(rows))
        vectors = torch.cat(means)
        scaled.append(nn.functional.normalize(vectors[torch.from_numpy(places).to(device)]))
    return torch.cat(scaled, 1) / math.sqrt(len(sides))


def _means(
    encoder: nn.Module, texts: Ragged, rows: np.ndarray, shape: RowShape, device: Any
) -> Tensor:
    """Mean of the last hidden states of some texts, (text, hidden)."""
    batch = collate({"texts": TaskExamples(texts, None, rows)}, shape).to(device)
    hidden, sequence = encode(encoder, batch), batch.sequence.flatten()
    return MeanPooling().pool(hidden, sequence, batch.starts, pooler=nn.Identity())
