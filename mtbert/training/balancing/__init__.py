"""The room of balancings: how the losses of one step become one update.

Contract
- The settings class is the method: `check(tasks)` refuses knobs that name no task, `needs_several`
  says whether it has no meaning where a step has one task (see `fits.check_sampler`), and
  `begin(Setup(...))` gives the Balancer of a run, which holds whatever the method remembers.
- `backward(losses, tasks, apart=…)` fills `.grad` of every trainable parameter and gives an
  Outcome: each task's loss, its weight, and the Gramian where the tasks were taken apart.
  `losses(asked)` runs the model once over the batches of the tasks asked for. A scalarizer (losses
  → loss) asks for all of them at once; an aggregator (gradients → gradient) for one after the
  other. The batches of the tasks are different examples, so T passes cost one joint step; no graph
  is kept, and at most T gradients of the shared parameters are held.
- Only the shared parameters' gradients are combined; every other parameter (of a head, a map, an
  adapter of one task) has the plain sum of the gradients of its own tasks.
- `apart` makes a scalarizer go the aggregators' way, so that `gradient_pairs` can tell of any
  strategy how its gradients lie to each other: the loop asks for it in some steps.
- `groups()` gives the optimizer what a balancing learns, `end_epoch()` tells it that an epoch is
  over, `state_dict()` and `load_state_dict()` make a resumed run go on exactly. Random numbers come
  from a generator of its own, seeded by the run.
"""

from mtbert.training.balancing.balancing import Balancer, Balancing, Outcome, Setup
from mtbert.training.balancing.dwa import DWA
from mtbert.training.balancing.fixed import Mean, Sum, Weights
from mtbert.training.balancing.gradvac import GradVac
from mtbert.training.balancing.nash import Nash
from mtbert.training.balancing.random_weights import RandomWeights
from mtbert.training.balancing.uncertainty import Uncertainty
from mtbert.training.balancing.weightings import (
    IMTLG,
    MGDA,
    AlignedMTL,
    CAGrad,
    PCGrad,
    UPGrad,
)

__all__ = ["BALANCINGS", "Balancer", "Balancing", "Outcome", "Setup"]

BALANCINGS: dict[str, type[Balancing]] = {
    "sum": Sum,
    "mean": Mean,
    "weights": Weights,
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
