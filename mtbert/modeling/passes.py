"""Passes of a model over one task's batch, as regularizers and auxiliary losses ask for them."""

from collections.abc import Mapping
from functools import cached_property

from torch import Tensor, nn
from torch.func import functional_call

from mtbert.modeling.all_pairs import all_pairs
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.packing import TokenBatch
from mtbert.modeling.perturbation import RealTokens, perturbed
from mtbert.modeling.vectors import VectorBatch, VectorPair


class ForwardPasses:
    """One task's batch, and the ways to run a model on it."""

    def __init__(self, model: MultiTaskModel, batch: TokenBatch | VectorBatch, task: str) -> None:
        """Hold a batch of one task."""
        self._once = _Once(model)
        self._model, self._batch, self._task = model, batch, task

    @cached_property
    def tokens(self) -> RealTokens | None:
        """The real tokens; None where sentences were encoded before.

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
        args = (self._batch, self._task, None if delta is None else self.tokens, delta)
        if weights is None:
            found: tuple[Tensor, VectorPair] = self._once(*args)
        else:
            named = {f"model.{name}": value for name, value in weights.items()}
            found = functional_call(self._once, named, args)
        return found

    def all_pairs(self, u: Tensor, v: Tensor) -> Tensor:
        """The head's logits of every first with every second vector: (first, second, width)."""
        return all_pairs(self._model.heads[self._task], u, v)


class _Once(nn.Module):
    """One pass: a module, so that its parameters can be exchanged for the length of a call."""

    def __init__(self, model: MultiTaskModel) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        batch: TokenBatch | VectorBatch,
        task: str,
        tokens: RealTokens | None,
        delta: Tensor | None,
    ) -> tuple[Tensor, VectorPair]:
        model = self.model
        if isinstance(batch, VectorBatch):
            u, v = batch.vectors[task]
        elif delta is None or tokens is None:
            u, v = model.encode(batch)[task]
        else:
            with perturbed(model.encoder, batch, tokens, delta):
                u, v = model.encode(batch)[task]
        vectors = (model.map(task, u), None if v is None else model.map(task, v))
        return model.heads[task](vectors), vectors
