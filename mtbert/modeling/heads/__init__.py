"""Registry of heads: sentence vectors to logits.

Contract: `check(labels=…, paired=…)` refuses what does not fit, `width(labels)` says how many
numbers come out, `learns` whether it has parameters, `start` whether the last linear layer is
`fitted` before training or stays `random`, `build(size=…, labels=…, paired=…)` gives a module from
`(u, v)`, each (example, size), to logits (example, width); `v` is None where an example is one
sequence (a single text, or a joint pair). A similarity is in label units.
"""

from mtbert.modeling.heads.cosine import CosineHead
from mtbert.modeling.heads.linear import LinearHead
from mtbert.modeling.heads.mlp import MLPHead

HEADS = {"linear": LinearHead, "mlp": MLPHead, "cosine": CosineHead}
