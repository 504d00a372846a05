"""Nash-MTL: the update is the Nash bargaining solution of the tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mtbert.training.balancing.aggregator import Aggregation

if TYPE_CHECKING:
    from torch import Tensor

# About what the cosines of gradients in fp32 are off by. Added to their eigenvalues it bounds the
# weights where gradients cancel: there is no solution then, and the update would be rounding noise.
ROUNDING = 1e-6
# Square of Newton's decrement before the last step, which leaves an error of about its size; and
# more steps than it ever took.
EXACT, STEPS = 1e-14, 200


class Nash(Aggregation):
    """w > 0 with G w = 1/w, each task's gain the inverse of its weight (Navon et al. 2022).

    That w minimizes the convex ½ wᵀ G w - Σ log w, which damped Newton steps solve exactly; the
    authors' code approaches it by a sequence of convex problems. Solved for gradients of length 1,
    whose weights are w_t ‖g_t‖, so that the update does not depend on the gradients' lengths. Its
    norm is √T, less where gradients all but cancel, and is clipped to `max_norm` (0: no clipping).
    A gradient of 0 has weight 0.
    """

    max_norm: Annotated[float, Field(ge=0)] = 1.0

    def weights(self, gramian: Tensor) -> Tensor:
        """Give w, (task,), for an update Jᵀ w of at most `max_norm`."""
        norms = gramian.diagonal().sqrt()
        used = norms > 0
        cosines = (gramian / norms / norms[:, None])[used][:, used]
        weights = gramian.new_zeros(len(gramian))
        weights[used] = bargain(cosines) / norms[used]
        longest = self.max_norm
        norm = (weights @ gramian @ weights).clamp(min=0).sqrt()
        return weights * (longest / norm) if longest and norm > longest else weights


def bargain(cosines: Tensor) -> Tensor:
    """Give x > 0 with C x = 1/x, (task,); C, (task, task), are the gradients' cosines."""
    import torch

    values, vectors = torch.linalg.eigh(cosines)
    matrix = vectors * (values.clamp(min=0) + ROUNDING) @ vectors.T
    x: Tensor = 1 / matrix.sum(1).clamp(min=1).sqrt()
    for _ in range(STEPS):
        gradient = matrix @ x - 1 / x
        step = torch.linalg.solve(matrix + torch.diag(x**-2), gradient)
        squared_decrement = gradient @ step
        # The length at which a step on a self-concordant function stays feasible and descends
        # (Boyd & Vandenberghe 2004, section 9.6.4).
        x = x - step / (1 + squared_decrement.clamp(min=0).sqrt())
        if squared_decrement < EXACT:
            break
    return x
