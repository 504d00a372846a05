"""SMART: smoothness-inducing regularization, and a teacher that holds the weights back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtbert.training.averaging.ema import EMA
from mtbert.training.term import Term

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.regularizers.perturbations import PerturbedVectors
    from mtbert.training.task_batch import TaskBatch

Positive = Annotated[float, Field(gt=0)]


class SMART(Term):
    """weight · l_s(f(x̃), f(x)), x̃ near x where f differs most (Jiang et al. 2020, section 3).

    l_s is KL(P‖Q) + KL(Q‖P) for classes, the objective's error for numbers. x̃ starts at
    x + N(0, sigma²); g is the gradient of the sum of the examples' l_s by x̃. `mode` says how x̃
    moves, `steps` times:

    - `paper`: x̃ ← Π(x̃ + eta g / ‖g‖_∞), norm by example, Π onto ‖x̃ - x‖_∞ ≤ epsilon;
    - `mtdnn`, as the code beside the paper: δ ← δ + eta g, then δ / (‖δ‖_∞ + epsilon), norm by
      token: however small it starts, δ comes to unit size.

    x̃ is a constant, f(x) is not. All passes share the clean pass's dropout masks. x is what the
    input embeddings give; that code perturbs what comes after positions and LayerNorm, and ascends
    an approximation of l_s.

    `bregman` is the weight μ of l_s(f(x; θ), f(x; θ̃)), θ̃ a running average of the weights (the
    paper: 1; 0 leaves it out).
    """

    perturbs: ClassVar[bool] = True

    mode: Literal["paper", "mtdnn"] = "paper"
    epsilon: Positive = 1e-5
    sigma: Positive = 1e-5
    eta: Positive = 1e-3
    steps: Annotated[int, Field(ge=1)] = 1
    weight: Positive = 1.0
    bregman: Annotated[float, Field(ge=0)] = 0.0

    @property
    def needs_fp32(self) -> bool:
        """Always: in both modes the ascent starts from a difference of size sigma."""
        return True

    @property
    def teacher(self) -> Teacher | None:
        """θ̃, if its term has a weight."""
        return Teacher() if self.bregman > 0 else None

    def extra(self, batch: TaskBatch) -> Tensor:
        """Both terms, weighted."""
        logits = batch.clean.logits
        moved = batch.run(self.perturbation(batch), same_dropout=True).logits
        total = self.weight * batch.distance(moved, logits)
        return total + self.bregman * self.drift(batch) if self.bregman > 0 else total

    def perturbation(self, batch: TaskBatch) -> Tensor:
        """Give δ, (token, width)."""
        import torch

        from mtbert.training.regularizers.perturbations import PerturbedVectors

        logits, tokens = batch.clean.logits.detach(), batch.tokens
        vectors = PerturbedVectors.of(tokens, "activations")
        delta = self.sigma * batch.noise().to(batch.parameters[0])
        for _ in range(self.steps):
            delta = delta.requires_grad_()
            moved = batch.run(delta, same_dropout=True).logits
            distance = len(logits) * batch.distance(moved, logits)
            (gradient,) = torch.autograd.grad(distance, delta)
            delta = self.move(delta.detach(), gradient, vectors)
        return delta

    def move(self, delta: Tensor, gradient: Tensor, vectors: PerturbedVectors) -> Tensor:
        """One step of the ascent: (token, width) each; an unusable gradient moves nothing."""
        if self.mode == "paper":
            moved = delta + self.eta * vectors.normalized(gradient, "sign")
            return vectors.within(moved, self.epsilon, "sign")
        moved = delta + self.eta * gradient.nan_to_num(0.0, 0.0, 0.0)
        return moved / (moved.abs().amax(1, keepdim=True) + self.epsilon)

    def drift(self, batch: TaskBatch) -> Tensor:
        """l_s between the model and its teacher, through which no gradient goes."""
        import torch

        with torch.no_grad():
            teacher = batch.run(same_dropout=True, weights=batch.teacher_weights).logits
        return batch.distance(batch.clean.logits, teacher)


class Teacher(EMA):
    """θ̃ ← β θ̃ + (1 - β) θ after every update, from θ̃ = θ (Jiang et al. 2020, section 3.2).

    β is .99 in the first tenth of the run, .999 after.
    """

    def beta(self, step: int, total: int) -> float:
        """Give β at an update, counted from 1."""
        return 0.99 if step / total <= 0.1 else 0.999
