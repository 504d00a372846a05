"""LoRA: the plain encoder before training, the formula by hand, and where it goes."""

import numpy as np
import pytest
import torch
from modeling.zoo import PACKED, PADDED_ROWS, tiny_encoder
from torch import nn

from mtbert.core.errors import InputError
from mtbert.core.registry import build
from mtbert.modeling.adaptations import ADAPTATIONS
from mtbert.modeling.adaptations.lora import LINEAR, QUERY_VALUE
from mtbert.modeling.encoder import encode
from mtbert.modeling.packing import TaskExamples, collate

from tiny import ragged, tiny_config


def lora(**options):
    return build(ADAPTATIONS, {"name": "lora", **options}, what="adaptation")


def adapted(**options):
    encoder = tiny_encoder("bert", pooler=True)
    return encoder, lora(**options).adapt(encoder, ["t"])


def batch(shape=PACKED):
    return collate({"t": TaskExamples(ragged([5, 1, 20, 9]), None, np.arange(4))}, shape)


@pytest.mark.parametrize("shape", [PACKED, PADDED_ROWS])
@pytest.mark.parametrize("targets", ["attention", "linear", ["key"]])
def test_not_yet_trained_is_the_plain_encoder_exactly(targets, shape):
    encoder, _ = adapted(targets=targets)
    assert torch.equal(encode(encoder, batch(shape)), encode(tiny_encoder("bert"), batch(shape)))


def test_a_layer_by_hand():
    encoder, _ = adapted(rank=2, alpha=6, dropout=0.0)
    layer = encoder.encoder.layer[1].attention.self.value
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    assert (a.shape, b.shape) == ((2, 24), (24, 2))
    nn.init.normal_(b)
    x = torch.randn(3, 24)
    base = layer.base_layer
    torch.testing.assert_close(layer(x), x @ base.weight.T + base.bias + 6 / 2 * x @ a.T @ b.T)


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("attention", {"attention.self.query", "attention.self.value"}),
        ("linear", set(LINEAR["bert"])),
        (["output.dense"], {"attention.output.dense", "output.dense"}),
        (["intermediate.dense", "key"], {"intermediate.dense", "attention.self.key"}),
    ],
)
def test_gradients_reach_a_and_b_of_the_targets_alone(targets, expected):
    encoder, adapter = adapted(targets=targets)
    names = {
        f"encoder.layer.{layer}.{target}.lora_{matrix}.default.weight"
        for layer in range(2)
        for target in expected
        for matrix in "AB"
    }
    encode(encoder, batch()).square().sum().backward()
    assert {name for name, p in encoder.named_parameters() if p.grad is not None} == names
    assert {name for name, p in encoder.named_parameters() if p.requires_grad} == names
    assert adapter.injected == names
    assert not list(adapter.parameters())
    assert not adapter.task_parts


@pytest.mark.parametrize("kind", sorted(LINEAR))
def test_tables_name_the_linear_layers_of_each_architecture(kind):
    changes = {"share_att_key": False} if kind == "deberta-v2" else {}
    linear = lora(targets="linear").adapt(tiny_encoder(kind, **changes), ["t"]).injected
    layers = {f".{name.partition('.lora_')[0]}" for name in linear}
    named = {name: {it for it in layers if it.endswith(f".{name}")} for name in LINEAR[kind]}
    assert all(named.values())
    assert set.union(*named.values()) == layers
    attention = lora().adapt(tiny_encoder(kind), ["t"]).injected
    last = {name.partition(".lora_")[0].rpartition(".")[2] for name in attention}
    assert last == set(QUERY_VALUE[kind])


def test_query_and_value_projections_are_those_that_peft_knows():
    from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as THEIRS

    both = set(THEIRS) & set(QUERY_VALUE)
    assert {"bert", "roberta", "electra", "deberta-v2"} <= both
    assert {kind: THEIRS[kind] for kind in both} == {kind: QUERY_VALUE[kind] for kind in both}


@pytest.mark.parametrize(
    ("options", "config", "message"),
    [
        ({"rank": 25}, {}, "rank: at most the encoder's hidden size 24, found 25"),
        ({}, {"model_type": "xlnet"}, "unknown model_type 'xlnet'.*give a list"),
        (
            {"targets": ["querry"]},
            {},
            "targets: unknown linear layer 'querry'; did you mean 'query'",
        ),
    ],
)
def test_encoders_that_do_not_fit_are_refused(options, config, message):
    with pytest.raises(InputError, match=message):
        lora(**options).check(tiny_config(**config))


def test_targets_of_any_architecture_are_checked_when_it_is_there():
    method = lora(targets=["pooler.dense"])
    method.check(tiny_config(model_type="xlnet"))
    with pytest.raises(InputError, match=r"unknown linear layer 'pooler\.dense'"):
        method.adapt(tiny_encoder("bert", pooler=True), ["t"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"targets": "atention"}, "^targets: unknown targets 'atention'; did you mean 'attention'"),
        ({"targets": []}, r"^targets: expected attention, linear or a list of names, found \[\]$"),
        ({"targets": [3]}, r"^targets: expected .*, found \[3\]$"),
        ({"rank": 0}, "^rank: "),
        ({"dropout": 1.0}, "^dropout: "),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        lora(**options)
