"""Encoders give for packed and padded rows what they give for each sequence alone, and load."""

import inspect
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from modeling.zoo import config_of, tiny_encoder
from safetensors.torch import save_file

from mtbert.core.errors import InputError
from mtbert.modeling.architectures import ARCHITECTURES, PADDED, pooler_in_weights, takes_bf16
from mtbert.modeling.encoder import encode, encoder_of, load_encoder, pooler_output
from mtbert.modeling.packing import RowShape, TaskExamples, collate

from tiny import ragged

# Longer rows than any of these encoders has positions.
PACKED = RowShape([2], [3, 3], [3], [0, 1], pad=1, max_length=48, row_length=128)
PADDED_ROWS = replace(PACKED, packed=False)
A, B = [7, 3, 1, 40, 12, 44, 5], [2, 30, 1, 11, 25, 9, 3]


def examples(*, joint):
    return TaskExamples(ragged(A), ragged(B, seed=1), np.arange(len(A)), joint=joint)


def alone(model, batch, number):
    """One sequence through the model's own plain call."""
    place = batch.sequence.flatten() == number
    ids, types = batch.input_ids.flatten()[place], batch.token_type_ids.flatten()[place]
    count = getattr(model.config, "type_vocab_size", 0)
    typed = "token_type_ids" in inspect.signature(model.forward).parameters and count > 1
    more = {"token_type_ids": types[None]} if typed else {}
    return place, model(input_ids=ids[None], **more).last_hidden_state[0]


def farthest(model, batch):
    """Largest distance of a hidden state from what it is alone."""
    with torch.inference_mode():
        hidden = encode(model, batch)
        pairs = [alone(model, batch, number) for number in range(len(batch.starts))]
        return max((hidden[place] - states).abs().max().item() for place, states in pairs)


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("kind", sorted(ARCHITECTURES))
def test_packed_and_padded_rows_equal_each_sequence_alone(kind, joint):
    model = tiny_encoder(kind)
    chosen = {"t": examples(joint=joint)}
    batch = collate(chosen, PACKED)
    assert batch.input_ids.shape[1] > 64
    assert farthest(model, batch) < 1e-5
    assert farthest(model, collate(chosen, PADDED_ROWS)) < 1e-5


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        *((kind, {}) for kind in [*sorted(PADDED), "convbert", "fnet", "funnel", "mobilebert"]),
        ("deberta-v2", {"conv_kernel_size": 3, "conv_act": "gelu"}),
    ],
)
def test_encoders_that_are_not_packed_equal_each_sequence_alone(kind, changes):
    model = tiny_encoder(kind, **changes)
    chosen = {"t": examples(joint=True)}
    assert farthest(model, collate(chosen, PADDED_ROWS)) < 1e-5
    with pytest.raises(ValueError, match=f"{kind}: not proven to take packed rows"):
        encode(model, collate(chosen, PACKED))


@pytest.mark.parametrize(
    "kind", ["roberta", "mpnet", "modernbert", "deberta-v2", "convbert", "fnet", "funnel"]
)
def test_gradients_are_those_of_each_sequence_alone(kind):
    for shape in (PACKED, PADDED_ROWS) if kind in ARCHITECTURES else (PADDED_ROWS,):
        model = tiny_encoder(kind)
        batch = collate({"t": examples(joint=False)}, shape)
        encode(model, batch)[batch.real().flatten() == 1].square().mean().backward()
        actual = flat_gradients(model)
        model.zero_grad()
        states = [alone(model, batch, number)[1] for number in range(len(batch.starts))]
        torch.cat(states).square().mean().backward()
        torch.testing.assert_close(actual, flat_gradients(model), atol=1e-5, rtol=1e-4)


def flat_gradients(model):
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("shape", [PACKED, PADDED_ROWS], ids=["packed", "padded"])
@pytest.mark.parametrize("kind", sorted(ARCHITECTURES))
def test_mixed_precision_gives_finite_numbers(kind, shape):
    model, batch = tiny_encoder(kind), collate({"t": examples(joint=True)}, shape)
    with torch.autocast("cpu", torch.bfloat16):
        hidden = encode(model, batch)
        if not takes_bf16(config_of(kind)):
            with pytest.raises(RuntimeError):
                model(input_ids=batch.input_ids[:, :9], attention_mask=batch.input_ids[:, :9] > 0)
    hidden.float().square().mean().backward()
    assert hidden.isfinite().all()
    assert flat_gradients(model).isfinite().all()


def test_types_beyond_the_encoder_s_are_the_first_type():
    """A tokenizer may number two texts where the encoder has a single type, as RoBERTa's has."""
    model = tiny_encoder("roberta", type_vocab_size=1)
    chosen = {"t": examples(joint=True)}
    assert collate(chosen, PACKED).token_type_ids.max() == 1
    assert farthest(model, collate(chosen, PACKED)) < 1e-5
    assert farthest(model, collate(chosen, PADDED_ROWS)) < 1e-5


@pytest.mark.parametrize("kind", [k for k, entry in ARCHITECTURES.items() if entry.pooler])
def test_the_pooler_is_the_encoder_s_own(kind):
    model = tiny_encoder(kind, pooler=True)
    ids = torch.randint(10, 100, (3, 9))
    with torch.inference_mode():
        whole = model(input_ids=ids)
        ours = pooler_output(model, whole.last_hidden_state[:, 0])
    torch.testing.assert_close(ours, whole.pooler_output, atol=1e-6, rtol=0)


def saved(folder, kind, *, pooler=True, prefix="", without=(), **changes):
    model = tiny_encoder(kind, pooler=pooler, **changes)
    state = {prefix + k: v.contiguous() for k, v in model.state_dict().items() if k not in without}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config_of(kind, **changes)))
    return model


@pytest.mark.parametrize("kind", [*sorted(ARCHITECTURES), "funnel", "longformer"])
def test_weights_come_back(kind, tmp_path):
    model = saved(tmp_path, kind, pooler=False)
    again = dict(load_encoder(tmp_path, vocabulary=100).named_parameters())
    assert list(again) == [name for name, _ in model.named_parameters()]
    assert all(torch.equal(p, again[name]) for name, p in model.named_parameters())


@pytest.mark.parametrize(
    ("kind", "prefix"), [("bert", ""), ("bert", "bert."), ("albert", ""), ("mpnet", "mpnet.")]
)
def test_the_pooler_comes_back(kind, prefix, tmp_path):
    model = saved(tmp_path, kind, prefix=prefix)
    assert pooler_in_weights(tmp_path)
    again = load_encoder(tmp_path, vocabulary=100, pooler=True)
    assert all(map(torch.equal, model.pooler.parameters(), again.pooler.parameters()))
    assert load_encoder(tmp_path, vocabulary=100).pooler is None


def test_a_pooler_that_the_weights_lack_is_refused_and_without_weights_it_is_new(tmp_path):
    saved(tmp_path, "roberta", pooler=False, prefix="roberta.")
    assert not pooler_in_weights(tmp_path)
    assert load_encoder(tmp_path, vocabulary=100).pooler is None
    with pytest.raises(InputError, match=r"lacks the pooler \(pooler.dense.bias, .*such as cls"):
        load_encoder(tmp_path, vocabulary=100, pooler=True)
    (tmp_path / "model.safetensors").unlink()
    assert pooler_in_weights(tmp_path)
    encoder = load_encoder(tmp_path, vocabulary=77, pooler=True)
    assert encoder.pooler is not None
    assert encoder.config.vocab_size == 77


def test_broken_weights_are_refused_from_their_header(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"half")
    with pytest.raises(InputError, match="not whole or not safetensors"):
        pooler_in_weights(tmp_path)


@pytest.mark.parametrize(
    ("kind", "without", "changes", "message"),
    [
        ("modernbert", [], {"num_hidden_layers": 1}, "is it the config of another model"),
        ("distilbert", [], {"n_layers": 1}, "is it the config of another model"),
        (
            "mpnet",
            ["encoder.relative_attention_bias.weight"],
            {},
            r"lacks 1 weights of a MPNetModel, such as encoder\.rel",
        ),
    ],
)
def test_weights_that_the_config_does_not_describe_are_refused(
    kind, without, changes, message, tmp_path
):
    saved(tmp_path, kind, without=without)
    (tmp_path / "config.json").write_text(json.dumps(config_of(kind, **changes)))
    with pytest.raises(InputError, match=message):
        load_encoder(tmp_path, vocabulary=100)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "bret"}, "Unrecognized model identifier: bret"),
        ({"hidden_size": 25}, "not a multiple of the number of attention heads"),
        ({"hidden_size": "24"}, "'hidden_size' expected int, got str"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(changes, message):
    with pytest.raises(InputError, match=f"config.json: not an encoder's: .*{message}"):
        encoder_of({**config_of("bert"), **changes})


def test_half_precision_becomes_fp32_and_the_vocabulary_must_fit(tmp_path):
    config = config_of("bert", dtype="float16")
    weights = {k: v.half() for k, v in encoder_of(config).state_dict().items()}
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_text(json.dumps(config))
    for encoder in (encoder_of(config), load_encoder(tmp_path, vocabulary=100)):
        assert {p.dtype for p in encoder.parameters()} == {torch.float32}
    with pytest.raises(InputError, match="101 entries, the encoder only 100"):
        load_encoder(tmp_path, vocabulary=101)


def test_a_model_that_encodes_no_text_is_refused(tmp_path):
    shape = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 4}
    config = {"model_type": "vit", **shape, "intermediate_size": 48, "image_size": 32}
    model = encoder_of(config)
    save_file(model.state_dict(), tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"ViTModel \(model_type vit\) gives no hidden state"):
        load_encoder(tmp_path, vocabulary=100)
