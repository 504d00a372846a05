"""Fine-tuning: training changes every parameter of the encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mtbert.core.params import Settings

if TYPE_CHECKING:
    from torch import nn

    from mtbert.modeling.adaptations.adapter import Adapter


class Full(Settings):
    """The encoder is trained whole (Devlin et al. 2019, section 3.2)."""

    fixed: ClassVar[bool] = False
    trains_encoder: ClassVar[bool] = True
    shares: ClassVar[bool] = True

    def check(self, config: Mapping[str, Any]) -> None:
        """Accept any encoder."""

    def adapt(self, encoder: nn.Module, tasks: Sequence[str]) -> Adapter:
        """Train all of the encoder, add nothing."""
        from mtbert.modeling.adaptations.adapter import Adapter

        encoder.requires_grad_(True)
        return Adapter()
