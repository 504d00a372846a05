"""Registry of adaptations: what training changes in the encoder, and what it adds.

Contract: `check(config)` takes the content of the encoder's config.json and refuses what does not
fit it; `adapt(encoder, tasks)` sets which of the encoder's parameters are trained, adds modules
with random weights from torch's global generator, and gives the `Adapter` that holds them; `fixed`
says whether the encoder's hidden states never change in training, `trains_encoder` whether its own
weights do, `shares` whether training changes parameters of the encoder that every task's loss
reaches. Settings and `check` import neither torch nor transformers nor peft.
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
