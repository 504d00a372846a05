"""The encoder as it was pretrained: training changes the heads alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mtbert.core.params import Settings

if TYPE_CHECKING:
    from torch import nn

    from mtbert.modeling.adaptations.adapter import Adapter


class Frozen(Settings):
    """The feature-based use of an encoder (Devlin et al. 2019, section 5.3).

    Without dropout in the encoder: each sequence's hidden states are the same in every epoch, so
    that they can be computed once.
    """

    fixed: ClassVar[bool] = True
    trains_encoder: ClassVar[bool] = False
    shares: ClassVar[bool] = False

    def check(self, config: Mapping[str, Any]) -> None:
        """Accept any encoder."""

    def adapt(self, encoder: nn.Module, tasks: Sequence[str]) -> Adapter:
        """Train nothing of the encoder, add nothing, turn dropout off."""
        from mtbert.modeling.adaptations.adapter import Adapter

        encoder.requires_grad_(False)
        encoder.eval()
        return Adapter(fixed=True)
