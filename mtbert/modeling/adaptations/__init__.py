"""Registry of adaptations: which parameters of the encoder training changes, and what it adds.

`adaptation.py` has the contract. Settings and `check` import neither torch nor transformers nor
peft.
"""

from mtbert.modeling.adaptations.adaptation import Adaptation, Frozen, Full
from mtbert.modeling.adaptations.lora import LoRA
from mtbert.modeling.adaptations.pal import PAL

ADAPTATIONS: dict[str, type[Adaptation]] = {
    "full": Full,
    "frozen": Frozen,
    "pal": PAL,
    "lora": LoRA,
}
