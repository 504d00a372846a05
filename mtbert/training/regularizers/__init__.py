"""Registry of regularizers: terms that keep a task's predictions from changing abruptly.

A task may have any number of them. Contract: `Term`.
"""

from mtbert.training.regularizers.attacks import FGM, FGSM, PGD
from mtbert.training.regularizers.rdrop import RDrop
from mtbert.training.regularizers.smart import SMART
from mtbert.training.term import Term

REGULARIZERS: dict[str, type[Term]] = {
    "fgm": FGM,
    "fgsm": FGSM,
    "pgd": PGD,
    "rdrop": RDrop,
    "smart": SMART,
}
