"""Registry of adaptations: what of the encoder training changes, and what it adds.

Contract: `check(config)` takes the content of the encoder's config.json and refuses what does not
fit it; `adapt(encoder, tasks)` says which of the encoder's parameters are trained, puts in what is
added, with random weights from torch's global generator, and gives the `Adapter` that holds it;
`fixed` says whether the encoder's hidden states never change in training, `trains_encoder` whether
its own weights do, `shares` whether anything of the encoder that every task's loss reaches is
trained. Settings and `check` import neither torch nor transformers nor peft.
"""

from mtbert.modeling.adaptations.frozen import Frozen
from mtbert.modeling.adaptations.full import Full
from mtbert.modeling.adaptations.lora import LoRA
from mtbert.modeling.adaptations.pal import PAL

ADAPTATIONS: dict[str, type[Full] | type[Frozen] | type[PAL] | type[LoRA]] = {
    "full": Full,
    "frozen": Frozen,
    "pal": PAL,
    "lora": LoRA,
}
