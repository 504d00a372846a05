"""Projected attention layers: counts, the formula by hand, and who touches whom."""

import numpy as np
import pytest
import torch
from modeling.zoo import PACKED, PADDED_ROWS, config_of, tiny_encoder
from torch.nn import functional

from mtbert.core.errors import InputError
from mtbert.core.registry import build
from mtbert.modeling.adaptations import ADAPTATIONS
from mtbert.modeling.adaptations.pal import PAL, PLACES
from mtbert.modeling.encoder import encode, encoder_of
from mtbert.modeling.packing import TaskExamples, collate

from tiny import ragged, tiny_config

TASKS = ("sst", "para", "sts")
VARIANTS = pytest.mark.parametrize("variant", ["attention", "low_rank"])
KINDS = pytest.mark.parametrize("kind", ["bert", "distilbert"])


def pal(**options):
    small = {"size": 12, "heads": 3, "dropout": 0.0}
    small = {} if options.get("variant") == "low_rank" else small
    return build(ADAPTATIONS, {"name": "pal", **small, **options}, what="adaptation")


def adapted(method, kind="bert"):
    """A tiny encoder and its adapter, with weights large enough to be felt."""
    encoder = tiny_encoder(kind, initializer_range=0.3)
    return encoder, method.adapt(encoder, TASKS).eval()


def examples():
    """Single sequences, siamese pairs and joint pairs of uneven length."""
    sst = TaskExamples(ragged([5, 1, 20]), None, np.arange(3))
    para = TaskExamples(ragged([4, 9], seed=1), ragged([7, 2], seed=2), np.arange(2))
    sts = TaskExamples(ragged([3, 8], seed=3), ragged([6, 1], seed=4), np.arange(2), joint=True)
    return {"sst": sst, "para": para, "sts": sts}


def hidden(encoder, adapter, batch):
    """Hidden states of each sequence, in the order of their numbers."""
    adapter.begin(batch)
    states = encode(encoder, batch)
    adapter.end()
    return [states[batch.sequence.flatten() == number] for number in range(len(batch.starts))]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"bias": False}, 1_811_520),  # 2 · 768 · 204 + 12 · 3 · 204²
        ({}, 1_819_836),
        ({"variant": "low_rank", "bias": False}, 12 * 2 * 768 * 100),
        ({"variant": "low_rank"}, 12 * (2 * 768 * 100 + 768 + 100)),
    ],
)
def test_parameters_of_a_task_beside_bert_base(options, expected):
    with torch.device("meta"):
        config = tiny_config(hidden_size=768, num_hidden_layers=12, num_attention_heads=12)
        adapter = PAL.model_validate(options).adapt(encoder_of(config), TASKS)
    counts = [sum(p.numel() for p in adapter.task_parts[task].parameters()) for task in TASKS]
    assert counts == [expected] * 3
    assert sum(p.numel() for p in adapter.parameters()) == 3 * expected


@pytest.mark.parametrize("shape", [PACKED, PADDED_ROWS])
@VARIANTS
@KINDS
def test_zero_start_is_the_plain_encoder_exactly(variant, shape, kind):
    encoder, adapter = adapted(pal(variant=variant, zero=True), kind)
    plain = tiny_encoder(kind)
    assert list(encoder.state_dict()) == list(plain.state_dict())
    batch = collate(examples(), shape)
    pairs = zip(hidden(encoder, adapter, batch), hidden(plain, adapter, batch), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in pairs)


def ts_by_hand(h, part, layer, method):
    """Head by head, with no more than linear maps and a softmax: (token, hidden) → the same."""
    index = 0 if method.heads else layer
    inner = functional.linear(h, part.down[index].weight, part.down[index].bias)
    if method.heads:
        qkv = functional.linear(inner, part.qkv[layer].weight, part.qkv[layer].bias)
        query, key, value = (x.chunk(method.heads, dim=-1) for x in qkv.chunk(3, dim=-1))
        heads = [
            torch.softmax(q @ k.T / q.shape[-1] ** 0.5, dim=-1) @ v
            for q, k, v in zip(query, key, value, strict=True)
        ]
        inner = torch.cat(heads, dim=-1)
    outer = functional.linear(inner, part.up[index].weight, part.up[index].bias)
    return functional.gelu(outer) if method.activation == "gelu" else outer


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        *((kind, {}) for kind in sorted(PLACES)),
        ("bert", {"activation": "none"}),
        ("bert", {"bias": False}),
        ("bert", {"variant": "low_rank", "size": 5}),
    ],
)
def test_ts_by_hand_is_added_before_the_layer_norm_that_closes_each_layer(kind, options):
    method, encoder = pal(**options), tiny_encoder(kind)
    method.check(config_of(kind))
    place, norm = PLACES[kind]
    layers = encoder.get_submodule(place)
    inputs, plain, added = [], [], []
    for layer in layers:
        layer.register_forward_pre_hook(lambda _, args: inputs.append(args[0][0]))
        # Hooks run in the order of their registration: this one before the adapter's.
        layer.get_submodule(norm).register_forward_pre_hook(lambda _, a: plain.append(a[0][0]))
    adapter = method.adapt(encoder, ["t"]).eval()
    for value in adapter.parameters():
        torch.nn.init.normal_(value, std=0.3)
    for layer in layers:
        layer.get_submodule(norm).register_forward_pre_hook(lambda _, a: added.append(a[0][0]))
    batch = collate({"t": TaskExamples(ragged([9]), None, np.arange(1))}, PACKED)
    with torch.inference_mode():
        adapter.begin(batch)
        encoder(input_ids=batch.input_ids)
        assert len(inputs) == len(plain) == len(added) == 2
        for layer, h in enumerate(inputs):
            expected = plain[layer] + ts_by_hand(h, adapter.task_parts["t"], layer, method)
            torch.testing.assert_close(added[layer], expected, atol=1e-5, rtol=0)


@VARIANTS
@KINDS
def test_packed_padded_and_alone_are_the_same(variant, kind):
    encoder, adapter = adapted(pal(variant=variant), kind)
    with torch.inference_mode():
        packed, padded = (
            hidden(encoder, adapter, collate(examples(), shape)) for shape in (PACKED, PADDED_ROWS)
        )
        # A batch of one task skips the sorting by task.
        alone = [
            states
            for task, chosen in examples().items()
            for states in hidden(encoder, adapter, collate({task: chosen}, PACKED))
        ]
    for states, *others in zip(packed, padded, alone, strict=True):
        for other in others:
            torch.testing.assert_close(states, other, atol=1e-5, rtol=0)


@VARIANTS
def test_a_task_s_part_changes_its_own_sequences_alone(variant):
    encoder, adapter = adapted(pal(variant=variant))
    batch = collate(examples(), PACKED)
    with torch.inference_mode():
        before = hidden(encoder, adapter, batch)
        for value in adapter.task_parts["para"].parameters():
            value.add_(0.5)
        after = hidden(encoder, adapter, batch)
    same = [torch.equal(*pair) for pair in zip(before, after, strict=True)]
    assert same == [True] * 3 + [False] * 4 + [True] * 2


@pytest.mark.parametrize("use", ["full", "frozen"])
@VARIANTS
def test_gradients_reach_the_tasks_of_the_batch_alone(use, variant):
    encoder, adapter = adapted(pal(variant=variant, encoder=use))
    batch = collate({task: examples()[task] for task in ("sst", "sts")}, PACKED)
    states, target = hidden(encoder, adapter, batch), torch.linspace(-1, 1, 24)
    sum(((h - target) ** 2).mean() for h in states).backward()
    reached = {name for name, p in adapter.named_parameters() if p.grad is not None}
    expected = {n for n, _ in adapter.named_parameters() if n.split(".")[1] in ("sst", "sts")}
    assert reached == expected
    assert all(p.grad.abs().max() > 0 for p in adapter.parameters() if p.grad is not None)
    assert all((p.grad is not None) == (use == "full") for p in encoder.parameters())
    assert all(p.requires_grad == (use == "full") for p in encoder.parameters())


def test_an_encoder_run_without_its_batch_is_refused():
    encoder, adapter = adapted(pal())
    batch = collate(examples(), PACKED)
    hidden(encoder, adapter, batch)
    with pytest.raises(RuntimeError, match="begin"):
        encode(encoder, batch)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 204, "heads": 5}, r"heads: must divide size: 204, found 5 \(1, 2, 3, 4, 6, 12,"),
        ({"heads": None}, "heads: attention needs a number"),
        ({"variant": "low_rank", "heads": 4}, "heads: low_rank has no attention"),
        ({"variant": "low_rank", "dropout": 0.1}, "dropout: low_rank has no attention"),
        ({"variant": "lowrank"}, "did you mean 'low_rank'"),
        ({"size": 0}, "size: "),
        ({"dropout": 1.0}, "dropout: "),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        pal(**options)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "albert"}, "found albert: its layers share one set"),
        ({"model_type": "modernbert"}, "no LayerNorm closes its layers"),
        ({"model_type": "convbert"}, "bert, camembert, .*, found convbert$"),
        ({"model_type": "bert", "chunk_size_feed_forward": 4}, "chunk_size_feed_forward 0"),
    ],
)
def test_encoders_that_do_not_fit_are_refused(config, message):
    with pytest.raises(InputError, match=message):
        pal().check(config)
