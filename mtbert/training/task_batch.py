"""One task's batch in one step, and the forward passes that its terms share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mtbert.modeling.passes import ForwardPasses, RealTokens
from mtbert.training.resuming import random_states, set_random_states
from mtbert.training.term import Term


class PassOutputs(NamedTuple):
    """What one forward pass gives."""

    logits: Tensor  # (example, width)
    u: Tensor  # (example, size)
    v: Tensor | None  # (example, size); None where an example is one sequence


@dataclass
class TaskBatch:
    """One task's examples in one step."""

    passes: ForwardPasses
    objective: Callable[[Tensor, Tensor], Tensor]  # logits, labels (example,) → mean loss
    labels: Tensor  # (example,) float
    regression: bool  # whether a label is a number, not a class
    generator: np.random.Generator  # seeded for this task and step
    terms: Sequence[Term] = ()
    parameters: Sequence[nn.Parameter] = ()  # the trainable ones
    paraphrase_clusters: Tensor | None = None  # number of each sentence's cluster, (example, side)
    teacher_weights: Mapping[str, Tensor] | None = None  # a running average of the weights
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext
    # Where it is part of a batch: whether each token of that is one of these, (token,) bool
    own_tokens: Callable[[], Tensor] | None = None
    # Of the clean loss by the input embeddings, (token, width); set before the first attack.
    gradient: Tensor = field(init=False)
    _states: list[Tensor] = field(init=False)

    def run(
        self,
        delta: Tensor | None = None,
        *,
        same_dropout: bool = False,
        weights: Mapping[str, Tensor] | None = None,
    ) -> PassOutputs:
        """Run the model once, with `weights` instead of its own.

        `delta` is added to the real tokens' input embeddings, (token, width). With `same_dropout`
        the masks are the clean pass's, so that only `delta` or `weights` makes a difference.
        """
        now = random_states()
        if same_dropout:
            set_random_states(self._states)
        with self._precision():
            logits, (u, v) = self.passes(delta, weights)
        if same_dropout:
            set_random_states(now)
        return PassOutputs(_full(logits), _full(u), None if v is None else _full(v))

    @cached_property
    def tokens(self) -> RealTokens:
        """The batch's real tokens."""
        tokens = self.passes.tokens
        assert tokens is not None, "planning refuses to perturb sentences encoded ahead"
        return tokens

    def noise(self) -> Tensor:
        """Draw standard normal numbers, (token, width): a token's are the same in a part."""
        own = None if self.own_tokens is None else self.own_tokens().cpu()
        count = len(self.tokens.ids) if own is None else len(own)
        drawn = self.generator.standard_normal((count, self.tokens.width), dtype="float32")
        noise = torch.from_numpy(drawn)
        return noise if own is None else noise[own]

    @cached_property
    def clean(self) -> PassOutputs:
        """The pass that plain training makes."""
        self._states = random_states()
        return self.run(self._zero if any(term.attacks for term in self.terms) else None)

    @cached_property
    def again(self) -> PassOutputs:
        """A second pass, with new dropout masks."""
        _ = self.clean
        return self.run()

    @cached_property
    def loss(self) -> Tensor:
        """The task's loss in the clean pass."""
        return self.loss_of(self.clean)

    def loss_of(self, outputs: PassOutputs) -> Tensor:
        """The task's loss in any pass."""
        return self.objective(outputs.logits, self.labels)

    def loss_with_terms(self) -> tuple[Tensor, dict[type[Term], Tensor]]:
        """The task's loss with all its terms, and what each term added, without gradient."""
        attacks = [term for term in self.terms if term.attacks]
        total, added = self.loss, {}
        for term in [term for term in self.terms if not term.attacks] + attacks:
            if attacks and term is attacks[0]:
                # Attacks follow the gradient of the plain loss, whatever other terms there are.
                total = self._backpropagate_to_inputs(total)
            extra = term.extra(self)
            added[type(term)] = extra.detach()
            total = total + extra
        return total, added

    def distance(self, a: Tensor, b: Tensor) -> Tensor:
        """Distance of two passes' logits, the mean of the examples.

        Classes: KL(P‖Q) + KL(Q‖P) = Σ (p - q)(log p - log q), which unlike two separate divergences
        keeps its digits where P and Q hardly differ. Numbers: the objective's own error.
        """
        if self.regression:
            return self.objective(a, b.squeeze(-1))
        if a.shape[1] == 1:
            return ((a.sigmoid() - b.sigmoid()) * (a - b)).sum(1).mean()
        p, q = functional.log_softmax(a, 1), functional.log_softmax(b, 1)
        return ((p.exp() - q.exp()) * (p - q)).sum(1).mean()

    def all_pairs(self, u: Tensor, v: Tensor) -> Tensor:
        """The head's logits of each first with each second vector: (first, second, width)."""
        with self._precision():
            return _full(self.passes.all_pairs(u, v))

    def _precision(self) -> AbstractContextManager[Any]:
        """The context of every pass: without autocast if a term needs fp32."""
        if any(term.needs_fp32 for term in self.terms):
            return torch.autocast(self.labels.device.type, enabled=False)
        return self.autocast()

    def _backpropagate_to_inputs(self, total: Tensor) -> Tensor:
        """Set `gradient`; give a loss of the same value and gradient as `total`, the loss so far.

        Where `total` is the clean loss alone, one backward pass serves the weights and the
        embeddings, and the activations are freed before the next pass.
        """
        if total is not self.loss:
            (self.gradient,) = torch.autograd.grad(self.loss, self._zero, retain_graph=True)
            return total
        inputs = (self._zero, *self.parameters)
        self.gradient, *gradients = torch.autograd.grad(total, inputs, allow_unused=True)
        pairs = zip(self.parameters, gradients, strict=True)
        reached = {p: g for p, g in pairs if g is not None}
        loss: Tensor = _PrecomputedGradient.apply(total.detach(), [*reached.values()], *reached)
        return loss

    @cached_property
    def _zero(self) -> Tensor:
        shape = (len(self.tokens.ids), self.tokens.width)
        return self.parameters[0].new_zeros(shape, requires_grad=True)


class _PrecomputedGradient(torch.autograd.Function):
    """A loss whose gradient by some parameters is known; it can be backpropagated once."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, gradients: list[Tensor], *_: Tensor) -> Tensor:
        ctx.gradients = gradients
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor | None, ...]:
        # Handed over, not copied: they are as large as the model.
        gradients, ctx.gradients = ctx.gradients, None
        if gradients is None:
            raise RuntimeError("a loss with a precomputed gradient can be backpropagated once")
        torch._foreach_mul_(gradients, outer[0])
        return (None, None, *gradients)


def _full(values: Tensor) -> Tensor:
    """Losses are computed in full precision, whatever the pass ran in."""
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values
