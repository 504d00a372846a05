"""LoRA: the plain encoder before training, the formula by hand, and where it goes."""

import numpy as np
import pytest
import torch
from torch import nn

from mtbert.core.errors import InputError
from mtbert.core.registry import build
from mtbert.modeling.adaptations import ADAPTATIONS
from mtbert.modeling.adaptations.lora import LINEAR, QUERY_VALUE
from mtbert.modeling.encoder import encode, encoder_of
from mtbert.modeling.packing import RowShape, TaskExamples, collate

from tiny import ragged, tiny_config

PACKED = RowShape([1], [2], [2], [0, 1], pad=0, max_length=32, row_length=32)
PADDED = RowShape([1], [2], [2], [0, 1], pad=0, max_length=32, row_length=32, packed=False)
MORE = {
    "deberta": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]},
    "distilbert": {"dim": 24, "n_layers": 2, "n_heads": 4, "hidden_dim": 48},
    "eurobert": {"num_key_value_heads": 2},
}


def lora(**options):
    return build(ADAPTATIONS, {"name": "lora", **options}, what="adaptation")


def tiny(kind="bert"):
    torch.manual_seed(0)
    config = tiny_config(model_type=kind, initializer_range=0.3, **MORE.get(kind, {}))
    return encoder_of(config, pooler=kind == "bert").eval()


def adapted(**options):
    encoder = tiny()
    return encoder, lora(**options).adapt(encoder, ["t"])


def batch(shape=PACKED):
    return collate({"t": TaskExamples(ragged([5, 1, 20, 9]), None, np.arange(4))}, shape)


def in_layers(encoder):
    return [
        name
        for name, module in encoder.named_modules()
        if isinstance(module, nn.Linear) and name.startswith(("encoder.layer.", "transformer."))
    ]


@pytest.mark.parametrize("shape", [PACKED, PADDED])
@pytest.mark.parametrize("targets", ["attention", "linear", ["key"]])
def test_not_yet_trained_is_the_plain_encoder_exactly(targets, shape):
    encoder, _ = adapted(targets=targets)
    assert torch.equal(encode(encoder, batch(shape)), encode(tiny(), batch(shape)))


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
def test_every_architecture_has_the_layers_known_of_it(kind):
    encoder = tiny(kind)
    linear = lora(targets="linear").adapt(encoder, ["t"])
    found = {name.partition(".lora_")[0] for name in linear.injected}
    # Each stands in some layer under one of the known names, and each of these is there.
    assert all(any(f".{it}".endswith(f".{known}") for known in LINEAR[kind]) for it in found)
    assert all(any(it.endswith(f".{known}") for it in found) for known in LINEAR[kind])
    attention = lora().adapt(tiny(kind), ["t"]).injected
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
        method.adapt(tiny(), ["t"])


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
