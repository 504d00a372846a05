"""Aggregations without state: each is one of TorchJD's weightings of the Gramian.

G = J Jᵀ is (task, task), g_t the gradient of task t, T the tasks of the step. TorchJD is imported
where it is used: it takes seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mtbert.training.balancing.aggregator import Aggregation, unit_lengths, unit_trace

if TYPE_CHECKING:
    from torch import Tensor

SOLVED = 1e-6  # shortest combination of gradients that CAGrad's solver tells from 0, of trace 1


class PCGrad(Aggregation):
    """Gradient surgery (Yu et al. 2020, algorithm 1).

    For each i start from g_i; for the other j in random order, where g_i^PC · g_j < 0, subtract
    (g_i^PC · g_j) / ‖g_j‖² · g_j, g_j always the original. The update is their sum; other
    implementations often take the mean, hence the option.
    """

    reduction: Literal["sum", "mean"] = "sum"

    def weights(self, gramian: Tensor) -> Tensor:
        """Give w, (task,)."""
        from torchjd.aggregation import PCGradWeighting

        weights = PCGradWeighting()(gramian)
        return weights if self.reduction == "sum" else weights / len(weights)


class CAGrad(Aggregation):
    """Conflict-averse gradient (Liu et al. 2021, algorithm 1).

    The update d with the largest worst improvement min_t g_t · d within ‖d - g_0‖ ≤ c ‖g_0‖, g_0
    the mean gradient. As in TorchJD, d is not divided by 1 + c² as in the authors' code. Where some
    convex combination of the gradients is 0, to the solver's precision, d is g_0, as in that code:
    TorchJD's 0 would end training while one task's gradient is far shorter than the others.
    """

    c: Annotated[float, Field(ge=0)] = 0.5

    def weights(self, gramian: Tensor) -> Tensor:
        """Give w, (task,)."""
        from torchjd.aggregation import CAGradWeighting

        weights = CAGradWeighting(c=self.c, norm_eps=SOLVED)(unit_trace(gramian))
        return weights if weights.any() else weights + 1 / len(weights)


class MGDA(Aggregation):
    """The shortest convex combination of the gradients (Désidéri 2012; Sener & Koltun 2018).

    Frank-Wolfe, Sener & Koltun's algorithm 2. All weights are at least 0 and sum to 1.
    """

    epsilon: Annotated[float, Field(gt=0)] = 1e-3  # step size at which the search stops
    iterations: Annotated[int, Field(gt=0)] = 100

    def weights(self, gramian: Tensor) -> Tensor:
        """Give w, (task,)."""
        from torchjd.aggregation import MGDAWeighting

        return MGDAWeighting(epsilon=self.epsilon, max_iters=self.iterations)(gramian)


class IMTLG(Aggregation):
    """The update with equal projections on all gradients (Liu et al. 2021, IMTL-G).

    w = v / Σv, v = G⁺ (‖g_1‖, …, ‖g_T‖): the weights sum to 1, may be negative, and grow without
    bound where the gradients nearly cancel. Solved for gradients of length 1, whose weights are
    v_t ‖g_t‖: G itself is singular, to rounding, where one gradient is much shorter than others.
    A gradient of 0 has weight 0.
    """

    def weights(self, gramian: Tensor) -> Tensor:
        """Give w, (task,)."""
        from torchjd.aggregation import IMTLGWeighting

        cosines, inverse = unit_lengths(gramian)
        weights = inverse * IMTLGWeighting()(cosines)
        total = weights.sum()
        return weights / total if total != 0 else weights


class AlignedMTL(Aggregation):
    """Principal components of the gradients scaled alike (Senushkin et al. 2023, algorithm 1).

    w = √λ V diag(λ_k^-½) Vᵀ · (1/T, …), λ_k and V the eigenvalues and -vectors of G, λ their
    minimum, median or mean (`scale`).
    """

    scale: Literal["min", "median", "rmse"] = "min"

    def weights(self, gramian: Tensor) -> Tensor:
        """Give w, (task,)."""
        from torchjd.aggregation import AlignedMTLWeighting

        return AlignedMTLWeighting(scale_mode=self.scale)(gramian)


class UPGrad(Aggregation):
    """The mean of the gradients, each projected on the cone that opposes none of them.

    Quinton & Rey (2024), "Jacobian descent for multi-objective optimization". Solved for gradients
    of length 1, each preferred by its length: TorchJD regularizes the Gramian, which would drown a
    gradient thirty times as short as the others, and let the update oppose it.
    """

    def weights(self, gramian: Tensor) -> Tensor:
        """Give w, (task,)."""
        from torchjd.aggregation import UPGradWeighting

        cosines, inverse = unit_lengths(gramian)
        norms = gramian.diagonal().sqrt()
        weights = UPGradWeighting(norms / norms.max())(cosines)
        return inverse * weights * norms.max() / len(norms)
