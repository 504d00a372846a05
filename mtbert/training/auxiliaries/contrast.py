"""Cosines between sentences of a batch, and which pairs of them are positives and negatives."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from mtbert.training.task_batch import TaskBatch


class Contrast(NamedTuple):
    """Cosines of anchors with candidates, (anchor, candidate)."""

    cosines: Tensor
    positive: Tensor  # (anchor,): number of the candidate that is its paraphrase
    negative: Tensor  # (anchor, candidate) bool


def of_duplicates(batch: TaskBatch) -> Contrast:
    """First sentences of labelled duplicates against the second sentences of all pairs.

    The second sentences of labelled non-duplicates are the hard negatives. A candidate in the
    anchor's cluster of paraphrases is no negative.
    """
    _, u, v = batch.clean
    assert v is not None, "check refuses single vectors"
    anchors = (batch.labels > 0.5).nonzero().flatten()
    negative = torch.ones(len(anchors), len(v), dtype=torch.bool, device=v.device)
    if batch.paraphrase_clusters is not None:
        first, second = batch.paraphrase_clusters.unbind(1)
        negative = first[anchors, None] != second
    negative = negative.scatter(1, anchors[:, None], value=False)
    return Contrast(cosine_matrix(u[anchors], v), anchors, negative)


def of_dropouts(batch: TaskBatch) -> Contrast:
    """All sentences in one pass against all of them in another."""
    first = torch.cat([side for side in batch.clean[1:] if side is not None])
    second = torch.cat([side for side in batch.again[1:] if side is not None])
    place = torch.arange(len(first), device=first.device)
    clusters = batch.paraphrase_clusters
    cluster = place if clusters is None else clusters.T.flatten()
    negative = cluster[:, None] != cluster
    return Contrast(cosine_matrix(first, second), place, negative)


def cosine_matrix(a: Tensor, b: Tensor) -> Tensor:
    """(anchor, size), (candidate, size) → (anchor, candidate)."""
    return functional.normalize(a, dim=1) @ functional.normalize(b, dim=1).T
