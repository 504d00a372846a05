"""Forward passes over one task's batch, plain or on perturbed input embeddings of any encoder.

A perturbation is laid out by real tokens, sequence after sequence: padding has no place in it, and
packed and padded rows of the same examples have the same one.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from mtbert.core.errors import InputError
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.packing import TokenBatch
from mtbert.modeling.vectors import VectorBatch, VectorPair, all_pairs


class RealTokens:
    """The real tokens of one task's batch, sequence after sequence.

    Attributes:
        places: Where each token stands in the rows laid end to end, (token,).
        ids: Their ids, (token,).
        example: Number of each one's example, (token,); the two sequences of a pair have the same.
        examples: Number of examples.
        width: Of an input embedding.
    """

    def __init__(self, encoder: Any, batch: TokenBatch) -> None:
        """Find them; an encoder without a table of input embeddings is refused."""
        self.width = input_embeddings(encoder).embedding_dim
        (part,) = batch.parts.values()
        self.examples: int = part.first.stop - part.first.start
        sequence = batch.sequence.flatten()
        # A sequence's tokens stand in their order already; padding has the highest number.
        self.places = sequence.argsort(stable=True)[: batch.tokens]
        self.ids = batch.input_ids.flatten()[self.places]
        self.example = sequence[self.places] % self.examples


def input_embeddings(encoder: Any) -> nn.Embedding:
    """Give the table that an encoder looks its tokens up in; InputError where there is none."""
    try:
        table = encoder.get_input_embeddings()
    except NotImplementedError:
        table = None
    if not isinstance(table, nn.Embedding):
        raise InputError(
            f"{type(encoder).__name__} has no table of input embeddings: leave out regularizers "
            f"that perturb them"
        )
    return table


@contextmanager
def perturbed(encoder: Any, batch: TokenBatch, tokens: RealTokens, delta: Tensor) -> Iterator[None]:
    """Add `delta`, (real token, width), to a batch's input embeddings, not to the weights.

    Raises:
        InputError: the encoder did not look every token up once, in rows as they were given.
    """
    seen = 0

    def add(_: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor:
        nonlocal seen
        places, numbers = _looked_up(args[0], batch, tokens)
        seen += len(places)
        added = delta if numbers is None else delta[numbers]
        return output.flatten(0, 1).index_add(0, places, added).view_as(output)

    handle = input_embeddings(encoder).register_forward_hook(add)
    try:
        yield
    finally:
        handle.remove()
    if seen != len(tokens.ids):
        raise InputError(
            f"{type(encoder).__name__} looked up {seen} of {len(tokens.ids)} tokens where they "
            f"were expected: leave out regularizers that perturb input embeddings"
        )


def _looked_up(ids: Tensor, batch: TokenBatch, tokens: RealTokens) -> tuple[Tensor, Tensor | None]:
    """Find the real tokens in what an encoder looks up.

    Returns:
        Their places in `ids` laid end to end, and which of all tokens they are (None: all).
    """
    rows, width = batch.input_ids.shape
    count, length = ids.shape
    if count == rows and length >= width and torch.equal(ids[:, :width], batch.input_ids):
        # Longformer makes rows longer, for its windows.
        return tokens.places // width * length + tokens.places % width, None
    if torch.equal(ids, batch.input_ids.T):  # XLNet
        return tokens.places % width * rows + tokens.places // width, None
    # Rows of one length at a time, a sequence each.
    lengths = batch.real().sum(1)
    ends = lengths.cumsum(0)[lengths == length]
    numbers = (ends[:, None] + torch.arange(-length, 0, device=ends.device)).flatten()
    if len(numbers) != ids.numel():
        return numbers[:0], numbers[:0]
    return torch.arange(len(numbers), device=ids.device), numbers


class ForwardPasses:
    """Runs a model on one task's batch."""

    def __init__(self, model: MultiTaskModel, batch: TokenBatch | VectorBatch, task: str) -> None:
        self._model, self._batch, self._task = model, batch, task

    @cached_property
    def tokens(self) -> RealTokens | None:
        """The real tokens; None for precomputed sentence vectors."""
        if isinstance(self._batch, VectorBatch):
            return None
        return RealTokens(self._model.encoder, self._batch)

    def __call__(
        self, delta: Tensor | None = None, weights: Mapping[str, Tensor] | None = None
    ) -> tuple[Tensor, VectorPair]:
        """Give logits, (example, width), and the vectors that the head was given, (example, size).

        `delta`, (token, width), is added to the real tokens' input embeddings; `weights`, by name,
        replace the model's own.
        """
        model, batch = self._model, self._batch
        context: AbstractContextManager[None] = nullcontext()
        if delta is not None and isinstance(batch, TokenBatch) and self.tokens is not None:
            context = perturbed(model.encoder, batch, self.tokens, delta)
        with context:
            if weights is None:
                outputs = model(batch, with_vectors=True)
            else:
                outputs = functional_call(model, dict(weights), (batch,), {"with_vectors": True})
        logits, vectors = outputs[self._task]
        return logits, vectors

    def all_pairs(self, u: Tensor, v: Tensor) -> Tensor:
        """The head's logits of every first with every second vector: (first, second, width)."""
        return all_pairs(self._model.heads[self._task], u, v)
