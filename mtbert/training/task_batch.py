"""One task's batch in one step, with what terms of its loss share: no pass is run twice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mtbert.training.known import known
from mtbert.training.resuming import random_states, set_random_states

Pair = tuple[Tensor, Tensor | None]


class RealTokens(Protocol):
    """The real tokens of a batch, sequence after sequence; padding is not among them."""

    @property
    def ids(self) -> Tensor:
        """(token,)."""

    @property
    def example(self) -> Tensor:
        """Number of each token's example, (token,); the two sequences of a pair have one."""

    @property
    def examples(self) -> int:
        """How many there are."""

    @property
    def width(self) -> int:
        """Of an input embedding."""


class Passes(Protocol):
    """The ways to run a model on the batch."""

    @property
    def tokens(self) -> RealTokens | None:
        """The real tokens; None where sentences were encoded before."""

    def __call__(
        self, delta: Tensor | None = None, weights: Mapping[str, Tensor] | None = None
    ) -> tuple[Tensor, Pair]:
        """Give logits (example, width), and the vectors that the head was given.

        Args:
            delta: Added to the real tokens' input embeddings, (token, width).
            weights: Parameters to use instead of the model's own, by name.
        """

    def all_pairs(self, u: Tensor, v: Tensor) -> Tensor:
        """Give the head's logits of each first with each second vector: (first, second, width)."""


class Outputs(NamedTuple):
    """What one pass gives."""

    logits: Tensor  # (example, width)
    u: Tensor  # (example, size)
    v: Tensor | None  # (example, size); None where an example is one sequence


@dataclass
class TaskBatch:
    """One task's examples in one step."""

    passes: Passes
    objective: Callable[[Tensor, Tensor], Tensor]  # logits, labels (example,) → mean loss
    labels: Tensor  # (example,) float
    regression: bool  # whether a label is a number, not a class
    generator: np.random.Generator  # seeded for this task and step
    parameters: Sequence[nn.Parameter] = ()  # the trainable ones
    # Number of the set of sentences known to mean the same, (example, vector): `same_meaning`.
    meaning: Tensor | None = None
    teacher: Mapping[str, Tensor] | None = None  # a running average of the weights
    attacked: bool = False  # whether some term asks for `gradient`
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext
    # Of the clean loss by the input embeddings, (token, width); known once the loss is settled.
    gradient: Tensor = field(init=False)
    _states: list[Tensor] = field(init=False)

    def run(
        self,
        delta: Tensor | None = None,
        *,
        same_dropout: bool = False,
        weights: Mapping[str, Tensor] | None = None,
    ) -> Outputs:
        """Run the model once.

        Args:
            delta: Added to the real tokens' input embeddings, (token, width).
            same_dropout: Drop out what the clean pass dropped out, so that `delta` or `weights`
                alone make the difference.
            weights: Parameters to use instead of the model's own, by name.
        """
        again = self._same_dropout() if same_dropout else nullcontext()
        with again, self.autocast():
            logits, (u, v) = self.passes(delta, weights)
        return Outputs(_full(logits), _full(u), None if v is None else _full(v))

    @cached_property
    def tokens(self) -> RealTokens:
        """The real tokens."""
        tokens = self.passes.tokens
        assert tokens is not None, "plan refuses to perturb what was encoded before"
        return tokens

    @cached_property
    def clean(self) -> Outputs:
        """The pass that plain training would make."""
        self._states = random_states()
        return self.run(self._zero if self.attacked else None)

    @cached_property
    def again(self) -> Outputs:
        """A second one, with dropout of its own."""
        _ = self.clean
        return self.run()

    @cached_property
    def loss(self) -> Tensor:
        """The task's loss in the clean pass."""
        return self.loss_of(self.clean)

    def loss_of(self, outputs: Outputs) -> Tensor:
        """The task's loss in any pass."""
        return self.objective(outputs.logits, self.labels)

    def distance(self, a: Tensor, b: Tensor) -> Tensor:
        """How far two passes' logits are from each other: the mean of the examples.

        Classes: KL(P‖Q) + KL(Q‖P) = Σ (p - q)(log p - log q), which unlike two divergences one by
        one keeps its digits where P and Q hardly differ. Numbers: the objective's own error.
        """
        if self.regression:
            return self.objective(a, b.squeeze(-1))
        if a.shape[1] == 1:
            return ((a.sigmoid() - b.sigmoid()) * (a - b)).sum(1).mean()
        p, q = functional.log_softmax(a, 1), functional.log_softmax(b, 1)
        return ((p.exp() - q.exp()) * (p - q)).sum(1).mean()

    def all_pairs(self, u: Tensor, v: Tensor) -> Tensor:
        """The head's logits of each first with each second vector: (first, second, width)."""
        with self.autocast():
            return _full(self.passes.all_pairs(u, v))

    def settle(self, total: Tensor) -> Tensor:
        """Find `gradient`, and give a loss of the same value and gradient as `total`.

        Where nothing but the clean loss has been asked of the clean pass, one backward pass serves
        the weights and the embeddings, and the activations are free before the next pass.

        Args:
            total: The loss so far, of the clean pass and others.
        """
        if total is not self.loss:
            (self.gradient,) = torch.autograd.grad(self.loss, self._zero, retain_graph=True)
            return total
        inputs = (self._zero, *self.parameters)
        self.gradient, *found = torch.autograd.grad(total, inputs, allow_unused=True)
        reached = [(p, g) for p, g in zip(self.parameters, found, strict=True) if g is not None]
        return known(total.detach(), *map(list, zip(*reached, strict=True)))

    @cached_property
    def _zero(self) -> Tensor:
        shape = (len(self.tokens.ids), self.tokens.width)
        return self.parameters[0].new_zeros(shape, requires_grad=True)

    @contextmanager
    def _same_dropout(self) -> Iterator[None]:
        """Set torch's generators to where they stood before the clean pass, and back."""
        now = random_states()
        set_random_states(self._states)
        try:
            yield
        finally:
            set_random_states(now)


def _full(values: Tensor) -> Tensor:
    """Losses are worked out in full precision, whatever the pass ran in."""
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values
