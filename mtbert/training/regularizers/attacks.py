"""Adversarial training: the loss again, on inputs perturbed to increase it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mtbert.training.term import Term

if TYPE_CHECKING:
    from torch import Tensor

    from mtbert.training.regularizers.perturbations import Norm
    from mtbert.training.task_batch import TaskBatch

Positive = Annotated[float, Field(gt=0)]
# The shortest move that bf16 resolves, by norm, with a margin of ten: at a hundredth of these what
# r adds to the loss of MiniLM was up to twice that of fp32, or half.
RESOLVED = {"l2": 0.1, "sign": 1e-3}


class Attack(Term):
    """weight · L(x + r), beside the clean L(x), which is the task's own loss.

    x is what the input embeddings give for an example's real tokens: positions and LayerNorm come
    after (Miyato et al. 2017 normalize their embeddings; here, as in wang's source, they stay as
    they are, and epsilon is in their unit). r is a constant: no gradient goes through it. `target`
    says what is moved: `activations`, each example's by itself, or `table`, the rows of the table
    that the batch looks up, as one: what wang's source does, in the table only. The table's
    weights are not touched, the difference is added to what they give. Where a gradient is 0 or
    not finite r stays as it is, and with epsilon 0 the term is left out.
    """

    attacks: ClassVar[bool] = True
    perturbs: ClassVar[bool] = True

    epsilon: Annotated[float, Field(ge=0)] = 1.0  # largest norm of r
    target: Literal["activations", "table"] = "activations"
    weight: Positive = 1.0

    @property
    def needs_fp32(self) -> bool:
        """Whether a move, or the ball, is smaller than bf16 resolves."""
        norm, length, _ = self.moves()
        return 0 < min(length, self.epsilon) < RESOLVED[norm]

    @property
    def whole_batch(self) -> bool:
        """Whether one norm is taken of all the rows that a batch looks up."""
        return self.target == "table"

    def moves(self) -> tuple[Norm, float, int]:
        """Give the norm that r is measured by, the length of a move, and the number of moves."""
        raise NotImplementedError

    def extra(self, batch: TaskBatch) -> Tensor:
        """The weighted loss at x + r."""
        import torch

        from mtbert.training.regularizers.perturbations import PerturbedVectors

        if self.epsilon == 0:
            return batch.loss.new_zeros(())
        norm, length, count = self.moves()
        vectors = PerturbedVectors.of(batch.tokens, self.target)
        r = length * vectors.steepest(vectors.from_tokens(batch.gradient), norm)
        r = vectors.within(r, self.epsilon, norm)
        for _ in range(count - 1):
            delta = vectors.to_tokens(r).detach().requires_grad_()
            (gradient,) = torch.autograd.grad(batch.loss_of(batch.run(delta)), delta)
            r = r + length * vectors.steepest(vectors.from_tokens(gradient), norm)
            r = vectors.within(r, self.epsilon, norm)
        return self.weight * batch.loss_of(batch.run(vectors.to_tokens(r)))


class FGSM(Attack):
    """r = ε sign(∇L): every coordinate as far as it may (Goodfellow et al. 2015)."""

    def moves(self) -> tuple[Norm, float, int]:
        """One, by sign."""
        return "sign", self.epsilon, 1


class FGM(Attack):
    """r = ε ∇L / ‖∇L‖₂ (Miyato et al. 2017, section 3)."""

    def moves(self) -> tuple[Norm, float, int]:
        """One, along the gradient."""
        return "l2", self.epsilon, 1


class PGD(Attack):
    """`steps` times r ← Π(r + α ∇L / ‖∇L‖₂), from r = 0, Π onto ‖r‖₂ ≤ ε (Madry et al. 2018).

    With `norm: sign` it is r ← Π(r + α sign ∇L), Π onto ‖r‖_∞ ≤ ε: wang prints the sign, the code
    that they used has the L2 form. Every move's gradient is that of a pass with new dropout masks;
    the first one is the clean pass.
    """

    alpha: Positive = 0.3  # length of a move
    steps: Annotated[int, Field(ge=1)] = 3
    norm: Literal["l2", "sign"] = "l2"

    def moves(self) -> tuple[Norm, float, int]:
        """As the options say."""
        return self.norm, self.alpha, self.steps
