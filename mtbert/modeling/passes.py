"""Forward passes over one task's batch, as regularizers and auxiliary losses need them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property

from torch import Tensor
from torch.func import functional_call

from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.packing import TokenBatch
from mtbert.modeling.perturbation import RealTokens, perturbed
from mtbert.modeling.vectors import VectorBatch, VectorPair, all_pairs


class ForwardPasses:
    """One task's batch, and the ways to run a model on it."""

    def __init__(self, model: MultiTaskModel, batch: TokenBatch | VectorBatch, task: str) -> None:
        self._model, self._batch, self._task = model, batch, task

    @cached_property
    def tokens(self) -> RealTokens | None:
        """The real tokens; None for precomputed sentence vectors.

        Raises:
            InputError: the encoder has no table of input embeddings.
        """
        if isinstance(self._batch, VectorBatch):
            return None
        return RealTokens.of(self._model.encoder, self._batch)

    def __call__(
        self, delta: Tensor | None = None, weights: Mapping[str, Tensor] | None = None
    ) -> tuple[Tensor, VectorPair]:
        """Run the model.

        Args:
            delta: Added to the real tokens' input embeddings, (token, width).
            weights: Parameters to use instead of the model's own, by name.

        Returns:
            Logits (example, width), and the vectors that the head was given, (example, size).
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
