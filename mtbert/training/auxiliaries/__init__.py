"""Registry of auxiliary losses: terms that train a task's vectors by comparing sentences.

A task may have any number of them. Contract: `Term`.
"""

from mtbert.training.auxiliaries.energy_hinge import EnergyHinge
from mtbert.training.auxiliaries.in_batch_negatives import InBatchNegatives
from mtbert.training.auxiliaries.simcse import SimCSE
from mtbert.training.term import Term

AUXILIARIES: dict[str, type[Term]] = {
    "energy_hinge": EnergyHinge,
    "in_batch_negatives": InBatchNegatives,
    "simcse": SimCSE,
}
