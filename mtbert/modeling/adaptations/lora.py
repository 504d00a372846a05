"""Low-rank updates of the encoder's linear layers, as peft runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from mtbert.core.errors import InputError, choices
from mtbert.modeling.adaptations.adaptation import Adaptation, Full
from mtbert.modeling.architectures import hidden_size
from mtbert.modeling.layers import Dropout

if TYPE_CHECKING:
    from torch import Tensor, nn

    from mtbert.modeling.adaptations.adapter import Adapter


# Architectures, their query and value projections (fused ones whole), and all linear layers that
# one of their layers can have. peft has a table of its own, but importing it takes seconds.
FAMILIES = (
    (
        "bert big_bird camembert data2vec-text electra ernie layoutlm megatron-bert rembert "
        "roberta roberta-prelayernorm roformer xlm-roberta xlm-roberta-xl",
        "query value",
        "attention.self.query attention.self.key attention.self.value attention.output.dense "
        "intermediate.dense output.dense",
    ),
    (
        "albert",
        "query value",
        "attention.query attention.key attention.value attention.dense ffn ffn_output",
    ),
    (
        "deberta",
        "in_proj",
        "attention.self.in_proj attention.self.pos_proj attention.self.pos_q_proj "
        "attention.output.dense intermediate.dense output.dense",
    ),
    (
        "deberta-v2",
        "query_proj value_proj",
        "attention.self.query_proj attention.self.key_proj attention.self.value_proj "
        "attention.self.pos_key_proj attention.self.pos_query_proj "
        "attention.output.dense intermediate.dense output.dense",
    ),
    (
        "distilbert",
        "q_lin v_lin",
        "attention.q_lin attention.k_lin attention.v_lin attention.out_lin ffn.lin1 ffn.lin2",
    ),
    (
        "eurobert gte nomic_bert",
        "q_proj v_proj",
        "self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.o_proj "
        "mlp.gate_proj mlp.up_proj mlp.down_proj",
    ),
    ("modernbert", "Wqkv", "attn.Wqkv attn.Wo mlp.Wi mlp.Wo"),
    (
        "mpnet",
        "q v",
        "attention.attn.q attention.attn.k attention.attn.v attention.attn.o "
        "intermediate.dense output.dense",
    ),
)
QUERY_VALUE = {kind: some.split() for kinds, some, _ in FAMILIES for kind in kinds.split()}
LINEAR = {kind: whole.split() for kinds, _, whole in FAMILIES for kind in kinds.split()}


class LoRA(Adaptation):
    """W x + alpha / rank · B A x, with W frozen and B zero at the start (Hu et al. 2022).

    `targets` says which linear layers have it: `attention` the query and value projections, as in
    the paper, `linear` every one within the encoder's layers; a list names them (`query`,
    `output.dense`), in all layers.
    """

    rank: Annotated[int, Field(ge=1)] = 8
    alpha: Annotated[int, Field(ge=1)] = 16
    dropout: Dropout = 0.05  # of what A reads
    targets: Literal["attention", "linear"] | tuple[str, ...] = "attention"

    @field_validator("targets", mode="before")
    @classmethod
    def _word_or_names(cls, spec: Any) -> Any:
        # pydantic would report a fault once for each side of the union.
        if isinstance(spec, str):
            if spec in ("attention", "linear"):
                return spec
            rule = choices("targets", spec, ("attention", "linear"))
            raise ValueError(f"{rule}; single layers are given as a list of names")
        if spec and isinstance(spec, list | tuple) and all(isinstance(it, str) for it in spec):
            return tuple(spec)
        raise ValueError(f"expected attention, linear or a list of names, found {spec!r}")

    def check(self, config: Mapping[str, Any]) -> None:
        """Refuse a rank above the encoder's width, and targets that the architecture lacks.

        For other architectures than those above `adapt` checks a list of targets.
        """
        if self.rank > (width := hidden_size(config)):
            raise InputError(f"rank: at most the encoder's hidden size {width}, found {self.rank}")
        kind = str(config.get("model_type"))
        if self.targets == "attention" and kind not in QUERY_VALUE:
            rule = choices("model_type", kind, QUERY_VALUE)
            raise InputError(f"targets: attention: {rule}; give a list of linear layers' names")
        if isinstance(self.targets, tuple) and kind in LINEAR:
            _matching(self.targets, LINEAR[kind])

    def adapt(self, encoder: Any, tasks: Sequence[str]) -> Adapter:
        """Freeze the encoder and put A and B beside its linear layers, in place."""
        from peft import LoraConfig, inject_adapter_in_model
        from torch.nn import Linear

        from mtbert.modeling.adaptations.adapter import Adapter

        # Modules of a layer have its number in their names; embeddings and pooler have none.
        modules = [
            name
            for name, module in encoder.named_modules()
            if isinstance(module, Linear) and any(map(str.isdigit, name.split(".")))
        ]
        if not modules:
            kind = type(encoder).__name__
            raise InputError(f"adaptation: targets: {kind} has no linear layer in its layers")
        if self.targets != "linear":
            kind = encoder.config.model_type
            names = QUERY_VALUE[kind] if self.targets == "attention" else self.targets
            modules = _matching(names, modules)
        config = LoraConfig(
            r=self.rank, lora_alpha=self.alpha, lora_dropout=self.dropout, target_modules=modules
        )
        inject_adapter_in_model(config, encoder)  # it freezes all else
        return Adapter(name for name, p in encoder.named_parameters() if p.requires_grad)

    def weights(self, encoder: nn.Module) -> dict[str, Tensor]:
        """The encoder's weights with the updates added: W + alpha / rank · B A."""
        from peft.tuners.lora import Linear

        merged = {
            name.replace(".base_layer.", "."): value
            for name, value in encoder.state_dict().items()
            if ".lora_" not in name
        }
        for name, module in encoder.named_modules():
            if isinstance(module, Linear):
                (adapter,) = module.active_adapters
                update = module.get_delta_weight(adapter).detach()
                merged[f"{name}.weight"] = merged[f"{name}.weight"] + update
        return merged

    @property
    def merged(self) -> Adaptation:
        """Full: nothing is beside the weights any more."""
        return Full()


def _matching(names: Sequence[str], modules: Sequence[str]) -> list[str]:
    """Give the modules that bear one of the names, whole or behind a dot; each must match."""
    matches = {name: [it for it in modules if f".{it}".endswith(f".{name}")] for name in names}
    if missing := [name for name in names if not matches[name]]:
        last = {it.rpartition(".")[2] for it in modules}
        raise InputError(f"targets: {choices('linear layer', missing[0], last)}")
    return sorted({it for some in matches.values() for it in some})
