"""Which parameters a model has, learns and shares; what it makes of a batch."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from modeling.zoo import PACKED, config_of

from mtbert.core.errors import InputError
from mtbert.modeling.architectures import ARCHITECTURES, PADDED
from mtbert.modeling.encoder import encoder_of
from mtbert.modeling.model import below_top
from mtbert.modeling.packing import TaskExamples, collate
from mtbert.modeling.prediction import encode_splits, predict

from tiny import model_settings, tiny_config, tiny_model, tiny_split

SHAPE = replace(PACKED, row_length=64)
PAIRED = {"sst": False, "para": True, "sts": True}
SHARED = {"sst": "none", "para": "layers", "sts": {"name": "shared", "task": "para"}}


def splits(size=9):
    return {task: tiny_split(size, paired=paired, seed=3) for task, paired in PAIRED.items()}


def batch_of(model, tokens, rows=None):
    rows = np.arange(5) if rows is None else rows
    return collate(
        {
            task: TaskExamples(split.a, split.b, rows, joint=model.joint[task])
            for task, split in tokens.items()
        },
        SHAPE,
    )


PAL = {"name": "pal", "size": 12, "heads": 2}
# An adaptation, and which of the encoder's parameters it trains
ADAPTED = [
    ("full", "all"),
    ("frozen", "none"),
    ({"name": "lora", "rank": 2}, "lora"),
    (PAL, "all"),
    ({**PAL, "encoder": "frozen"}, "none"),
]


@pytest.mark.parametrize(("spec", "trained"), ADAPTED)
def test_gradients_reach_exactly_what_is_trainable(spec, trained):
    settings = model_settings(adaptation=spec, pooling="pooler", projections=SHARED)
    model = tiny_model(settings).train()
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            # LoRA's B begins at 0, and until it moves A has no gradient.
            if "lora_B" in parameter_name:
                parameter.normal_()
    outputs = model(batch_of(model, splits()))
    sum(value.square().sum() for value in outputs.values()).backward()
    grads = {key: p.grad for key, p in model.named_parameters() if p.grad is not None}
    reached = {key for key, grad in grads.items() if grad.abs().sum() > 0}
    trainable = {key for key, p in model.named_parameters() if p.requires_grad}
    # A key's bias adds the same to all of a row's scores: softmax does not see it.
    mute = {key for key in trainable if key.endswith("key.bias")}
    assert trainable - reached <= mute
    assert set(grads) <= trainable
    encoder = {key for key, _ in model.named_parameters() if key.startswith("encoder.")}
    injected = {key for key in encoder if "lora_" in key}
    assert trainable & encoder == {"all": encoder, "none": set(), "lora": injected}[trained]
    assert bool(injected) == (trained == "lora")


def test_parts_count_every_parameter_once():
    model = tiny_model(model_settings(adaptation="lora", projections=SHARED))
    parts = model.parts()
    assert set(parts) == {"encoder", "adapter", "projections.para", "heads.sst", "heads.para"}
    total = sum(p.numel() for p in model.parameters())
    assert sum(part["total"] for part in parts.values()) == total
    assert parts["encoder"]["trainable"] == 0
    # Two matrices for query and value in each of two layers, 24 wide, at the default rank of 8.
    assert parts["adapter"] == {"total": 2 * 2 * 2 * 24 * 8, "trainable": 2 * 2 * 2 * 24 * 8}
    assert parts["projections.para"]["total"] == 24 * 24 + 24
    assert parts["heads.sst"]["total"] == 5 * 24 + 5


def test_groups_hold_every_trainable_parameter_once_by_layer():
    model = tiny_model(model_settings(adaptation=PAL))
    groups = model.groups()
    held = [id(p) for group in groups for p in group.parameters]
    assert sorted(held) == sorted(id(p) for p in model.parameters() if p.requires_grad)
    below = {group.below_top for group in groups if group.part == "encoder"}
    assert below == {0, 1, 2}, "two layers and the embeddings"
    assert {group.part for group in groups} == {"encoder", "adapter", "heads"}


@pytest.mark.parametrize(
    ("name", "layers", "expected"),
    [
        ("encoder.embeddings.word_embeddings.weight", 6, 6),
        ("encoder.encoder.layer.0.attention.self.query.weight", 6, 5),
        ("encoder.encoder.layer.5.output.dense.bias", 6, 0),
        ("encoder.transformer.layer.1.ffn.lin1.weight", 2, 0),
        ("encoder.layers.0.mlp.Wi.weight", 22, 21),
        ("encoder.pooler.dense.weight", 6, 0),
        ("encoder.embeddings_project.weight", 6, 6),
        ("encoder.encoder.relative_attention_bias.weight", 6, 6),
        ("encoder.embed_tokens.weight", 6, 6),
        ("encoder.attentions.2.q_lin.weight", 6, 3),
        ("encoder.norm.weight", 6, 0),
        ("encoder.encoder.albert_layer_groups.0.albert_layers.0.ffn.weight", 6, 0),
    ],
)
def test_depth_by_name(name, layers, expected):
    assert below_top(name, layers, "bert") == expected


# By architecture, the last norm, which is above the layers; every other one is in a layer, or of
# embeddings and below them.
LAST_NORMS = {
    "eurobert": {"norm.weight"},
    "megatron-bert": {"encoder.ln.weight", "encoder.ln.bias"},
    "modernbert": {"final_norm.weight"},
    "roberta-prelayernorm": {"LayerNorm.weight", "LayerNorm.bias"},
    "xlm-roberta-xl": {"encoder.LayerNorm.weight", "encoder.LayerNorm.bias"},
}


@pytest.mark.parametrize("kind", sorted({*ARCHITECTURES, *PADDED} - {"albert"}))
def test_depth_in_every_architecture(kind):
    encoder = encoder_of(config_of(kind), pooler=True)
    layers = encoder.config.num_hidden_layers
    depth = {n: below_top(f"encoder.{n}", layers, kind) for n, _ in encoder.named_parameters()}
    outside = {n for n in depth if not re.search(r"\.\d+\.", n)}
    assert {n for n in outside if depth[n] == 0} == LAST_NORMS.get(kind, set()) | {
        n for n in outside if n.startswith("pooler")
    }
    assert {depth[n] for n in outside} <= {0, layers}
    assert {depth[n] for n in depth.keys() - outside} == set(range(layers))


def test_each_task_has_its_own_pooling():
    both = tiny_model(model_settings(pooling={"sst": "cls", "para": "mean", "sts": "max_mean"}))
    both.eval()
    batch = batch_of(both, splits())
    vectors = both.encode(batch)
    for task, pooling in (("sst", "cls"), ("para", "mean"), ("sts", "max_mean")):
        same = tiny_model(model_settings(pooling=pooling)).eval()
        same.encoder.load_state_dict(both.encoder.state_dict())
        torch.testing.assert_close(vectors[task][0], same.encode(batch)[task][0])


@pytest.mark.parametrize(
    ("projections", "message"),
    [
        ({"sts": {"name": "shared", "task": "cfimdb"}}, "not among the strategy's tasks"),
        ({"sts": {"name": "shared", "task": "sts"}}, "has none of its own"),
        ({"sts": {"name": "shared", "task": "para"}}, "has none of its own"),
    ],
)
def test_a_projection_that_is_not_there_cannot_be_shared(projections, message):
    settings = model_settings(projections={"sst": "none", "para": "none", **projections})
    with pytest.raises(InputError, match=message):
        settings.check_projections()


@pytest.mark.parametrize(
    ("pooling", "message"),
    [
        ("max_mean", r"projections\.sts: .* are 24 wide, not 48"),
        ("pooler", r"pooling\.sts: pooler: .*electra is not known"),
    ],
)
def test_what_the_encoder_does_not_give_is_refused(pooling, message):
    poolings = {"sst": "cls", "para": "mean", "sts": pooling}
    settings = model_settings(projections=SHARED, pooling=poolings)
    with pytest.raises(InputError, match=message):
        settings.check_encoder(tiny_config(model_type="electra"))


def test_vectors_of_a_frozen_encoder_are_computed_once_and_are_the_same():
    heads = dict.fromkeys(PAIRED, "linear")
    encoding = {"para": "siamese", "sts": "joint"}
    settings = model_settings(adaptation="frozen", encoding=encoding, heads=heads)
    model = tiny_model(settings).train()
    assert not model.encoder.training
    tokens = splits()
    encoded = encode_splits(model, tokens, SHAPE, batch_size=4)
    assert encoded.tokens == batch_of(model, tokens, np.arange(9)).tokens
    expected = predict(model, tokens, SHAPE)
    actual = predict(model, tokens, SHAPE, encoded=encoded)
    for task in tokens:
        np.testing.assert_allclose(actual[task], expected[task], atol=1e-6)
    rows = np.array([7, 0, 3])
    model.eval()
    selected = model(encoded.select(dict.fromkeys(tokens, rows)))
    torch.testing.assert_close(selected, model(batch_of(model, tokens, rows)), atol=1e-6, rtol=0)
