"""The room of heads: sentence vectors to logits.

Contract: `check(labels=…, paired=…)` refuses what does not fit, `build(...)` gives a module that
maps `(u, v)`, each (example, hidden), to logits (example, width); `v` is None where an example is
one sequence (a single text, or a joint pair).
"""

from mtbert.modeling.heads.cosine import Cosine
from mtbert.modeling.heads.linear import Linear

HEADS = {"linear": Linear, "cosine": Cosine}
