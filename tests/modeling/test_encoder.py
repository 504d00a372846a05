"""Every architecture gives on packed and on padded rows what it gives on each sequence alone."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
import torch
from modeling.zoo import config_of, tiny_encoder

from mtbert.modeling.architectures import ARCHITECTURES, PADDED, takes_bf16
from mtbert.modeling.encoder import encode, pooler_output
from mtbert.modeling.packing import RowShape, TaskExamples, collate

from tiny import ragged

# Longer rows than any of these encoders has positions.
PACKED = RowShape([2], [3, 3], [3], [0, 1], pad=1, max_length=48, row_length=128)
PADDED_ROWS = RowShape([2], [3, 3], [3], [0, 1], pad=1, max_length=48, row_length=128, packed=False)
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


@pytest.mark.parametrize("kind", [*sorted(PADDED), "convbert", "fnet", "funnel", "mobilebert"])
def test_encoders_that_are_not_packed_equal_each_sequence_alone(kind):
    model = tiny_encoder(kind)
    chosen = {"t": examples(joint=True)}
    assert farthest(model, collate(chosen, PADDED_ROWS)) < 1e-5
    with pytest.raises(ValueError, match=f"{kind}: not proven to take packed rows"):
        encode(model, collate(chosen, PACKED))


@pytest.mark.parametrize("kind", sorted(ARCHITECTURES))
def test_a_wrong_mask_would_show(kind):
    model, batch = tiny_encoder(kind), collate({"t": examples(joint=True)}, PACKED)
    one = replace(batch, sequence=torch.zeros_like(batch.sequence))
    with torch.inference_mode():
        apart, together = encode(model, batch), encode(model, one)
    assert (apart - together).abs().max() > 0.1


@pytest.mark.parametrize("kind", [k for k, known in ARCHITECTURES.items() if known.after_padding])
def test_positions_from_0_would_show(kind, monkeypatch):
    wrong = replace(ARCHITECTURES[kind], after_padding=False)
    monkeypatch.setitem(ARCHITECTURES, kind, wrong)
    assert farthest(tiny_encoder(kind), collate({"t": examples(joint=False)}, PACKED)) > 0.1


def test_attention_over_the_window_would_show(monkeypatch):
    monkeypatch.setitem(ARCHITECTURES, "modernbert", ARCHITECTURES["electra"])
    model = tiny_encoder("modernbert")
    assert farthest(model, collate({"t": examples(joint=False)}, PACKED)) > 0.1


def test_a_convolution_is_not_packed():
    model = tiny_encoder("deberta-v2", conv_kernel_size=3, conv_act="gelu")
    chosen = {"t": examples(joint=True)}
    assert farthest(model, collate(chosen, PADDED_ROWS)) < 1e-5
    with pytest.raises(ValueError, match="not proven to take packed rows"):
        encode(model, collate(chosen, PACKED))


@pytest.mark.parametrize(
    "kind", ["roberta", "mpnet", "modernbert", "deberta-v2", "convbert", "fnet", "funnel"]
)
def test_gradients_are_those_of_each_sequence_alone(kind):
    for shape in (PACKED, PADDED_ROWS) if kind in ARCHITECTURES else (PADDED_ROWS,):
        model = tiny_encoder(kind)
        batch = collate({"t": examples(joint=False)}, shape)
        encode(model, batch)[batch.real().flatten() == 1].square().mean().backward()
        found = flat_gradients(model)
        model.zero_grad()
        states = [alone(model, batch, number)[1] for number in range(len(batch.starts))]
        torch.cat(states).square().mean().backward()
        torch.testing.assert_close(found, flat_gradients(model), atol=1e-5, rtol=1e-4)


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
    """A tokenizer may number two texts where the encoder has one type, as RoBERTa's has."""
    model = tiny_encoder("roberta", type_vocab_size=1)
    chosen = {"t": examples(joint=True)}
    assert collate(chosen, PACKED).token_type_ids.max() == 1
    assert farthest(model, collate(chosen, PACKED)) < 1e-5
    assert farthest(model, collate(chosen, PADDED_ROWS)) < 1e-5


@pytest.mark.parametrize("kind", [k for k, known in ARCHITECTURES.items() if known.pooler])
def test_the_pooler_is_the_encoder_s_own(kind):
    model = tiny_encoder(kind, pooler=True)
    ids = torch.randint(10, 100, (3, 9))
    with torch.inference_mode():
        whole = model(input_ids=ids)
        ours = pooler_output(model, whole.last_hidden_state[:, 0])
    torch.testing.assert_close(ours, whole.pooler_output, atol=1e-6, rtol=0)
