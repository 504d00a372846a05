"""Projected attention layers: a small module for each task beside every layer of the encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from mtbert.core.errors import InputError
from mtbert.core.params import FaultsError
from mtbert.modeling.adaptations.adaptation import Adaptation
from mtbert.modeling.layers import Dropout

if TYPE_CHECKING:
    from torch import nn

    from mtbert.modeling.adaptations.adapter import Adapter

# Where an architecture keeps its layers, and in each the LayerNorm that closes it.
_BERT = ("encoder.layer", "output.LayerNorm")
PLACES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("bert", "data2vec-text", "electra", "ernie", "mpnet", "rembert"), _BERT),
    **dict.fromkeys(("camembert", "roberta", "xlm-roberta", "deberta", "deberta-v2"), _BERT),
    "distilbert": ("transformer.layer", "output_layer_norm"),
}
REASONS = {
    "albert": "its layers share one set of weights",
    "modernbert": "no LayerNorm closes its layers",
}


class PAL(Adaptation):
    """TS(h) beside each layer, one per task: LN(FFN(u) + u + TS(h)) (Stickland & Murray 2019).

    TS(h) = activation(V_D · g(V_E · h)); h is the layer's input, u = LN(h + MHA(h)), V_E maps
    hidden_size → size and V_D back. Two variants:

    - `attention`: g is multi-head self-attention on the inner size, its queries, keys and values
      one per task and layer, without output projection; V_E and V_D are shared by all layers.
    - `low_rank`: g is the identity, each layer has its own V_E and V_D; no heads, no dropout.

    The default sizes are the authors' at hidden size 768. Weights start from a normal distribution
    with the encoder's own standard deviation, biases from 0.
    """

    plain: ClassVar[bool] = False

    variant: Literal["attention", "low_rank"] = "attention"
    size: Annotated[int, Field(ge=1)] = 204  # low_rank: 100
    heads: Annotated[int, Field(ge=1)] | None = 6  # low_rank: null
    dropout: Dropout | None = 0.1  # of attention weights; low_rank: null
    bias: bool = True
    activation: Literal["gelu", "none"] = "gelu"
    zero: bool = False  # start V_D at 0, so that training starts from the plain encoder
    encoder: Literal["full", "frozen"] = "full"  # whether training changes the encoder, too

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, options: Any) -> Any:
        if isinstance(options, dict) and options.get("variant") == "low_rank":
            return {"size": 100, "heads": None, "dropout": None, **options}
        return options

    @model_validator(mode="after")
    def _fit(self) -> PAL:
        low_rank = self.variant == "low_rank"
        rule = "low_rank has no attention: leave it out" if low_rank else "attention needs a number"
        options = {"heads": self.heads, "dropout": self.dropout}
        faults = [
            ((name,), f"{rule}, found {value}")
            for name, value in options.items()
            if (value is None) != low_rank
        ]
        if not faults and self.heads and self.size % self.heads:
            fitting = [str(n) for n in range(1, self.size + 1) if self.size % n == 0]
            rule = f"must divide size: {self.size}, found {self.heads} ({', '.join(fitting)} do)"
            faults = [(("heads",), rule)]
        if faults:
            raise FaultsError(faults)
        return self

    @property
    def trains_encoder(self) -> bool:  # type: ignore[override]
        """Whether training changes the encoder's own weights."""
        return self.encoder == "full"

    @property
    def shares(self) -> bool:  # type: ignore[override]
        """Each task has PALs of its own; only the encoder's weights are shared."""
        return self.trains_encoder

    def check(self, config: Mapping[str, Any]) -> None:
        """Refuse encoders whose layers do not end in a LayerNorm of their own."""
        kind = str(config.get("model_type"))
        if kind not in PLACES:
            kinds = ", ".join(sorted(PLACES))
            why = f": {REASONS[kind]}" if kind in REASONS else ""
            raise InputError(f"pal needs a model_type of {kinds}, found {kind}{why}")
        if chunk := config.get("chunk_size_feed_forward"):
            raise InputError(f"pal needs chunk_size_feed_forward 0 in config.json, found {chunk}")

    def adapt(self, encoder: nn.Module, tasks: Sequence[str]) -> Adapter:
        """Put a module for each task beside the layers, through hooks on them."""
        from mtbert.modeling.adaptations.adapter import ResidualAdapter

        encoder.requires_grad_(self.trains_encoder)
        return ResidualAdapter(self, encoder, tasks)
