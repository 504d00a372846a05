"""Projected attention layers: counts, the formula by hand, and who touches whom."""

import copy

import numpy as np
import pytest
import torch
from torch.nn import functional

from mtbert.core.errors import InputError
from mtbert.core.registry import build
from mtbert.modeling.adaptations import ADAPTATIONS
from mtbert.modeling.adaptations.pal import PAL, PLACES
from mtbert.modeling.encoder import encode, encoder_of
from mtbert.modeling.packing import RowShape, TaskExamples, collate

from tiny import ragged, tiny_config

TASKS = ("sst", "para", "sts")
PACKED = RowShape([1], [2], [2], [0, 1], pad=0, max_length=32, row_length=32)
PADDED = RowShape([1], [2], [2], [0, 1], pad=0, max_length=32, row_length=32, packed=False)
DISTILBERT = {"model_type": "distilbert", "dim": 24, "n_layers": 2, "n_heads": 4, "hidden_dim": 48}


def pal(**options):
    small = {"size": 12, "heads": 3, "dropout": 0.0}
    small = {} if options.get("variant") == "low_rank" else small
    return build(ADAPTATIONS, {"name": "pal", **small, **options}, what="adaptation")


def adapted(method, tasks=TASKS, *, std=0.3, **config):
    """A tiny encoder and its adapter, with weights large enough to be felt."""
    torch.manual_seed(0)
    encoder = encoder_of(tiny_config(initializer_range=std, **config), pooler=False).eval()
    return encoder, method.adapt(encoder, tasks).eval()


def examples():
    """Single sequences, siamese pairs and joint pairs of uneven length."""
    sst = TaskExamples(ragged([5, 1, 20]), None, np.arange(3))
    para = TaskExamples(ragged([4, 9], seed=1), ragged([7, 2], seed=2), np.arange(2))
    sts = TaskExamples(ragged([3, 8], seed=3), ragged([6, 1], seed=4), np.arange(2), joint=True)
    return {"sst": sst, "para": para, "sts": sts}


def hidden(encoder, adapter, batch):
    """Hidden states of each sequence, in the order of their numbers."""
    adapter.begin(batch)
    found = encode(encoder, batch)
    adapter.end()
    return [found[batch.sequence.flatten() == number] for number in range(len(batch.starts))]


def count(module):
    return sum(value.numel() for value in module.parameters())


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
        encoder = encoder_of(config, pooler=False)
        adapter = PAL.model_validate(options).adapt(encoder, TASKS)
    assert [count(adapter.task_parts[task]) for task in TASKS] == [expected] * 3
    assert count(adapter) == 3 * expected


@pytest.mark.parametrize("shape", [PACKED, PADDED])
@pytest.mark.parametrize("variant", ["attention", "low_rank"])
@pytest.mark.parametrize("config", [{}, DISTILBERT])
def test_zero_start_is_the_plain_encoder_exactly(variant, shape, config):
    encoder, adapter = adapted(pal(variant=variant, zero=True), **config)
    torch.manual_seed(0)
    plain = encoder_of(tiny_config(initializer_range=0.3, **config), pooler=False).eval()
    assert list(encoder.state_dict()) == list(plain.state_dict())
    batch = collate(examples(), shape)
    for ours, theirs in zip(
        hidden(encoder, adapter, batch),
        hidden(plain, adapter, batch),
        strict=True,
    ):
        assert torch.equal(ours, theirs)


def attention_by_hand(h, part, heads, layer=0):
    """Head by head, with no more than linear maps and a softmax: (token, hidden) → the same."""
    inner = functional.linear(h, part.down[0].weight, part.down[0].bias)
    qkv = functional.linear(inner, part.qkv[layer].weight, part.qkv[layer].bias)
    query, key, value = (x.chunk(heads, dim=-1) for x in qkv.chunk(3, dim=-1))
    seen = [
        torch.softmax(q @ k.T / q.shape[-1] ** 0.5, dim=-1) @ v
        for q, k, v in zip(query, key, value, strict=True)
    ]
    return functional.linear(torch.cat(seen, dim=-1), part.up[0].weight, part.up[0].bias)


@pytest.mark.parametrize("activation", ["gelu", "none"])
@pytest.mark.parametrize("bias", [True, False])
def test_one_layer_of_bert_by_hand(activation, bias):
    method = pal(activation=activation, bias=bias)
    encoder, adapter = adapted(method, ["sst"], num_hidden_layers=1)
    part = adapter.task_parts["sst"]
    if bias:
        for name, value in part.named_parameters():
            if name.endswith("bias"):
                torch.nn.init.normal_(value)
    batch = collate({"sst": TaskExamples(ragged([6]), None, np.arange(1))}, PACKED)
    with torch.inference_mode():
        found = hidden(encoder, adapter, batch)[0]
        layer = encoder.encoder.layer[0]
        h = encoder.embeddings(input_ids=batch.input_ids)
        mixed = layer.attention.self(h)[0]
        u = layer.attention.output(mixed, h)
        ffn = layer.output.dense(layer.intermediate(u))
        ts = attention_by_hand(h[0], part, heads=3)
        ts = functional.gelu(ts) if activation == "gelu" else ts
        norm = layer.output.LayerNorm
        expected = functional.layer_norm(ffn + u + ts, (24,), norm.weight, norm.bias, norm.eps)
    torch.testing.assert_close(found, expected[0], atol=1e-5, rtol=0)


def test_one_low_rank_layer_by_hand():
    method = pal(variant="low_rank", size=5, activation="none")
    encoder, adapter = adapted(method, ["sst"])
    seen = []
    for layer in encoder.encoder.layer:
        layer.register_forward_hook(lambda _, args, out: seen.append((args[0], out)))
    batch = collate({"sst": TaskExamples(ragged([6]), None, np.arange(1))}, PACKED)
    with torch.inference_mode():
        hidden(encoder, adapter, batch)
        part, layer = adapter.task_parts["sst"], encoder.encoder.layer[1]
        h, found = seen[1]
        u = layer.attention.output(layer.attention.self(h)[0], h)
        residual = layer.output.dense(layer.intermediate(u)) + u
        ts = h @ part.down[1].weight.T @ part.up[1].weight.T
        norm = layer.output.LayerNorm
        expected = functional.layer_norm(residual + ts, (24,), norm.weight, norm.bias, norm.eps)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", sorted(PLACES))
def test_every_architecture_is_wired(kind):
    """The closing LayerNorm sees what it saw plus TS of the layer's input, in each layer."""
    from transformers import AutoConfig, AutoModel

    torch.manual_seed(0)
    config = {**tiny_config(), **(DISTILBERT if kind == "distilbert" else {"embedding_size": 24})}
    config["model_type"] = kind
    method = pal()
    method.check(config)
    made = AutoConfig.for_model(**{k: v for k, v in config.items() if k != "initializer_range"})
    plain = AutoModel.from_config(made).eval()
    encoder = copy.deepcopy(plain)
    adapter = method.adapt(encoder, ["t"]).eval()
    for value in adapter.parameters():
        torch.nn.init.normal_(value, std=0.3)
    place, norm = PLACES[kind]
    layers, norms = encoder.get_submodule(place), []
    inputs = []
    for layer in layers:
        layer.register_forward_pre_hook(lambda _, args: inputs.append(args[0][0]))
        layer.get_submodule(norm).register_forward_pre_hook(lambda _, args: norms.append(args[0]))
    batch = collate({"t": TaskExamples(ragged([9]), None, np.arange(1))}, PACKED)
    with torch.inference_mode():
        adapter.begin(batch)
        encoder(input_ids=batch.input_ids)
        adapter.end()
        # The plain layer, given the same input, adds up to the same less TS(h).
        ts = attention_by_hand(inputs[0], adapter.task_parts["t"], heads=3)
        first: list[torch.Tensor] = []
        target = plain.get_submodule(place)[0].get_submodule(norm)
        target.register_forward_pre_hook(lambda _, args: first.append(args[0]))
        plain(input_ids=batch.input_ids)
    assert len(norms) == len(layers) == 2
    torch.testing.assert_close(norms[0][0], first[0][0] + functional.gelu(ts), atol=1e-5, rtol=0)


@pytest.mark.parametrize("config", [{}, DISTILBERT])
@pytest.mark.parametrize("variant", ["attention", "low_rank"])
def test_packed_padded_and_alone_are_the_same(variant, config):
    encoder, adapter = adapted(pal(variant=variant), **config)
    with torch.inference_mode():
        packed = hidden(encoder, adapter, collate(examples(), PACKED))
        padded = hidden(encoder, adapter, collate(examples(), PADDED))
        # One task a batch takes a way of its own through the code.
        alone = [
            vectors
            for task, chosen in examples().items()
            for vectors in hidden(encoder, adapter, collate({task: chosen}, PACKED))
        ]
    for one, other, third in zip(packed, padded, alone, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)
        torch.testing.assert_close(one, third, atol=1e-5, rtol=0)


@pytest.mark.parametrize("variant", ["attention", "low_rank"])
def test_a_task_s_part_changes_its_own_sequences_alone(variant):
    encoder, adapter = adapted(pal(variant=variant))
    batch = collate(examples(), PACKED)
    with torch.inference_mode():
        before = hidden(encoder, adapter, batch)
        for value in adapter.task_parts["para"].parameters():
            value.add_(0.5)
        after = hidden(encoder, adapter, batch)
    part = batch.parts["para"]
    own = {*range(part.first.start, part.first.stop), *range(part.second.start, part.second.stop)}
    same = {number for number in range(len(before)) if torch.equal(before[number], after[number])}
    assert same == set(range(len(before))) - own


@pytest.mark.parametrize("use", ["full", "frozen"])
@pytest.mark.parametrize("variant", ["attention", "low_rank"])
def test_gradients_reach_the_tasks_of_the_batch_alone(use, variant):
    encoder, adapter = adapted(pal(variant=variant, encoder=use))
    chosen = {task: examples()[task] for task in ("sst", "sts")}
    target = torch.linspace(-1, 1, 24)
    sum(((h - target) ** 2).mean() for h in hidden(encoder, adapter, collate(chosen, PACKED))
        ).backward()  # fmt: skip
    reached = {name for name, p in adapter.named_parameters() if p.grad is not None}
    tasks = {name.split(".")[1] for name in reached}
    assert tasks == {"sst", "sts"}
    expected = {n for n, _ in adapter.named_parameters() if n.split(".")[1] in tasks}
    assert reached == expected
    assert all(p.grad.abs().max() > 0 for p in adapter.parameters() if p.grad is not None)
    of_encoder = {name for name, p in encoder.named_parameters() if p.grad is not None}
    whole = {name for name, _ in encoder.named_parameters() if not name.startswith("pooler.")}
    assert of_encoder == (whole if use == "full" else set())
    assert all(p.requires_grad == (use == "full") for p in encoder.parameters())


def test_copies_and_rebuilt_ones_give_the_same():
    encoder, adapter = adapted(pal())
    batch = collate(examples(), PACKED)
    model = torch.nn.ModuleList([encoder, adapter])
    twin = copy.deepcopy(model)
    rebuilt = torch.nn.ModuleList([encoder_of(tiny_config(), pooler=False).eval()])
    rebuilt.append(pal().adapt(rebuilt[0], TASKS).eval())
    rebuilt.load_state_dict(model.state_dict())
    with torch.inference_mode():
        first = hidden(encoder, adapter, batch)
        for other in (twin, rebuilt):
            assert all(map(torch.equal, first, hidden(*other, batch)))
        for value in adapter.parameters():
            value.zero_()
        assert all(map(torch.equal, first, hidden(*twin, batch))), "the copy hangs on its original"


def test_dropout_acts_in_training_alone():
    encoder, adapter = adapted(pal(dropout=0.5))
    batch = collate(examples(), PACKED)
    with torch.inference_mode():
        first = hidden(encoder, adapter, batch)[0]
        assert torch.equal(first, hidden(encoder, adapter, batch)[0])
        adapter.train()
        assert not torch.allclose(first, hidden(encoder, adapter, batch)[0], atol=1e-4)


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


def test_the_published_defaults():
    assert {1: PAL().size, 2: PAL().heads} == {1: 204, 2: 6}
    assert PAL.model_validate({"variant": "low_rank"}).size == 100
