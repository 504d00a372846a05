"""The contract of adaptations, and the two that add nothing to the encoder: full and frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mtbert.core.params import Settings

if TYPE_CHECKING:
    from torch import Tensor, nn

    from mtbert.modeling.adaptations.adapter import Adapter


class Adaptation(Settings):
    """Which of the encoder's parameters are trained, and which are added.

    Attributes:
        fixed: Whether the encoder's hidden states never change in training.
        trains_encoder: Whether training changes the encoder's own weights.
        shares: Whether training changes parameters that every task's loss reaches.
        plain: Whether the encoder with `weights` is one that Transformers itself can run.
    """

    fixed: ClassVar[bool] = False
    trains_encoder: ClassVar[bool] = False
    shares: ClassVar[bool] = True
    plain: ClassVar[bool] = True

    def check(self, config: Mapping[str, Any]) -> None:
        """Raise InputError if the encoder, by the content of its config.json, does not fit."""

    def adapt(self, encoder: nn.Module, tasks: Sequence[str]) -> Adapter:
        """Freeze and extend the encoder in place; new weights come from torch's generator."""
        raise NotImplementedError

    def weights(self, encoder: nn.Module) -> Mapping[str, Tensor]:
        """The adapted encoder's weights by Transformers' names."""
        return encoder.state_dict()

    @property
    def merged(self) -> Adaptation:
        """The adaptation of an encoder with these weights."""
        return self


class Full(Adaptation):
    """Fine-tuning: every parameter of the encoder is trained (Devlin et al. 2019, section 3.2)."""

    trains_encoder: ClassVar[bool] = True

    def adapt(self, encoder: nn.Module, tasks: Sequence[str]) -> Adapter:
        """Train all of the encoder."""
        from mtbert.modeling.adaptations.adapter import Adapter

        encoder.requires_grad_(True)
        return Adapter()


class Frozen(Adaptation):
    """The feature-based use of an encoder: only heads are trained (Devlin et al. 2019, 5.3).

    The encoder runs without dropout, so that a sequence's hidden states are the same in every epoch
    and can be computed once.
    """

    fixed: ClassVar[bool] = True
    shares: ClassVar[bool] = False

    def adapt(self, encoder: nn.Module, tasks: Sequence[str]) -> Adapter:
        """Train nothing of the encoder, and turn its dropout off."""
        from mtbert.modeling.adaptations.adapter import Adapter

        encoder.requires_grad_(False)
        encoder.eval()
        return Adapter()
