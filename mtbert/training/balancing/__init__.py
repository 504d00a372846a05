"""Registry of balancings: how the losses of one step become one update.

The settings class is the method; its `begin` gives the Balancer of a run, whose `backward` fills
`.grad` of every trainable parameter. A method without state only gives the weights of the tasks:
`LossWeighting.task_weights` of a scalarizer (losses → loss, one joint pass), `Aggregation.weights`
of an aggregator (gradients → gradient, one pass a task). As the tasks' batches are different
examples, T passes cost one joint step; no graph is kept, and at most T gradients of the shared
parameters are.

Only the shared parameters' gradients are combined; every other parameter (of a head, a projection,
an adapter of one task) has the plain sum of the gradients of its own tasks.
"""

from mtbert.training.balancing.balancing import BackwardResult, Balancer, Balancing, Setup
from mtbert.training.balancing.dwa import DWA
from mtbert.training.balancing.fixed_weights import GivenWeights, MeanOfLosses, SumOfLosses
from mtbert.training.balancing.gradvac import GradVac
from mtbert.training.balancing.nash import Nash
from mtbert.training.balancing.random_weights import RandomWeights
from mtbert.training.balancing.stateless import IMTLG, MGDA, AlignedMTL, CAGrad, PCGrad, UPGrad
from mtbert.training.balancing.uncertainty import Uncertainty

__all__ = ["BALANCINGS", "BackwardResult", "Balancer", "Balancing", "Setup"]

BALANCINGS: dict[str, type[Balancing]] = {
    "sum": SumOfLosses,
    "mean": MeanOfLosses,
    "weights": GivenWeights,
    "uncertainty": Uncertainty,
    "dwa": DWA,
    "random": RandomWeights,
    "pcgrad": PCGrad,
    "gradvac": GradVac,
    "cagrad": CAGrad,
    "mgda": MGDA,
    "imtl_g": IMTLG,
    "aligned_mtl": AlignedMTL,
    "upgrad": UPGrad,
    "nash": Nash,
}
