"""Our attention is torch's up to rounding, and torch's itself in fp32 without dropout."""

from functools import partial

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention as fused

from mtbert.modeling.attention import NAME, attend, dropout_mask, with_fast_dropout
from mtbert.modeling.encoder import encoder_of

from tiny import tiny_config

SHAPE = (3, 4, 24, 8)  # row, head, token, width


class Layer(torch.nn.Module):
    is_causal = False


def inputs(dtype):
    generator = torch.Generator().manual_seed(0)
    tensors = [torch.randn(SHAPE, generator=generator) for _ in range(3)]
    # Three sequences of 8 tokens in a row
    number = torch.arange(SHAPE[2]) // 8
    mask = (number[:, None] == number).expand(SHAPE[0], 1, -1, -1)
    return [tensor.to(dtype).requires_grad_() for tensor in tensors], mask


def run(attention, dtype, mask_as=None, scaling=None):
    """What comes out, and the gradients of its weighted sum."""
    tensors, mask = inputs(dtype)
    if mask_as is not None:
        mask = torch.zeros(mask.shape, dtype=mask_as).masked_fill(~mask, -1e9)
    outputs = attention(tensors, mask, scaling)
    weights = torch.linspace(-1, 1, outputs.numel()).view(outputs.shape)
    gradients = torch.autograd.grad((outputs.float() * weights).sum(), tensors)
    return [tensor.detach().float() for tensor in (outputs, *gradients)]


def ours(tensors, mask, scaling, dropout=0.0):
    return attend(Layer(), *tensors, mask, scaling=scaling, dropout=dropout)[0]


def torchs(tensors, mask, scaling):
    return fused(*tensors, attn_mask=mask, scale=scaling).transpose(1, 2)


@pytest.mark.parametrize("mask_as", [None, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("scaling", [None, 0.2])
def test_in_bf16_it_is_as_near_to_fp32_as_torch_s(mask_as, scaling):
    exact = run(torchs, torch.float32, scaling=scaling)
    rounded = run(torchs, torch.bfloat16, scaling=scaling)
    actual = run(ours, torch.bfloat16, mask_as, scaling)
    for own, truth, theirs in zip(actual, exact, rounded, strict=True):
        error, rounding = (own - truth).abs(), (theirs - truth).abs()
        assert error.mean() <= 2 * rounding.mean()
        assert error.max() <= 0.03 * truth.abs().max()


def test_in_fp32_it_is_torch_s_bit_for_bit():
    assert all(map(torch.equal, run(ours, torch.float32), run(torchs, torch.float32)))


@pytest.mark.parametrize("scaling", [None, 0.2])
def test_in_fp32_with_a_dropout_that_drops_nothing_it_is_torchs_up_to_rounding(scaling):
    for mask_as in (None, torch.float32):
        actual = run(partial(ours, dropout=1e-9), torch.float32, mask_as, scaling)
        for own, truth in zip(actual, run(torchs, torch.float32, scaling=scaling), strict=True):
            torch.testing.assert_close(own, truth, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("dropout", [0.1, 0.5])
def test_dropout_drops_its_share_and_keeps_the_mean(dropout):
    torch.manual_seed(1)
    kept = dropout_mask(torch.Size((1000, 1003)), dropout).float()
    # Six standard errors of a million draws
    error = 6 * (dropout * (1 - dropout) / kept.numel()) ** 0.5
    assert kept.mean() == pytest.approx(1 - dropout, abs=error)
    assert kept.mean(0).std() == pytest.approx((dropout * (1 - dropout) / 1000) ** 0.5, rel=0.1)
    # Neighbours, which come from one word of the generator, do not follow each other.
    pairs = (kept[:, :-1] * kept[:, 1:]).mean()
    assert pairs == pytest.approx((1 - dropout) ** 2, abs=2 * error)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_dropped_weights_get_no_gradient_and_the_mean_stays(dtype):
    (q, k, v), mask = inputs(dtype)
    torch.manual_seed(2)
    with torch.no_grad():
        many = [attend(Layer(), q, k, v, mask, dropout=0.2)[0].float() for _ in range(400)]
    mean, truth = torch.stack(many).mean(0), attend(Layer(), q, k, v, mask)[0].float()
    assert (mean - truth).abs().mean() < 0.02
    assert not torch.equal(many[0], many[1])
    everything = attend(Layer(), q, k, v, mask, dropout=1 - 2**-16)[0]
    (gradient,) = torch.autograd.grad(everything.float().sum(), v)
    assert (gradient == 0).float().mean() > 0.99


def test_an_encoder_has_it_and_trains_with_it_alone_as_packed():
    torch.manual_seed(0)
    model = encoder_of(tiny_config())
    assert model.config._attn_implementation == NAME
    ids = torch.randint(5, 90, (1, 12))
    apart = torch.zeros(1, 1, 12, 12, dtype=torch.bool)
    apart[..., :7, :7] = apart[..., 7:, 7:] = True
    places = torch.cat([torch.arange(7), torch.arange(5)])[None]
    model.eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        packed = model(input_ids=ids, position_ids=places, attention_mask=apart).last_hidden_state
        first = model(input_ids=ids[:, :7]).last_hidden_state
        second = model(input_ids=ids[:, 7:]).last_hidden_state
    alone = torch.cat([first, second], 1)
    assert (packed - alone).abs().max() < 0.05
    assert (packed - alone).abs().mean() < 0.01


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_dropout_modules_drop_their_share_keep_the_mean_and_stop_gradients(dtype):
    (module,) = with_fast_dropout(torch.nn.Sequential(torch.nn.Dropout(0.2)))
    x = torch.ones(1000, 1000, dtype=dtype, requires_grad=True)
    torch.manual_seed(3)
    outputs = module(x)
    outputs.sum().backward()
    kept = outputs != 0
    assert kept.float().mean().item() == pytest.approx(0.8, abs=0.003)
    assert outputs[kept].float().unique().tolist() == [1.25]
    assert torch.equal(x.grad != 0, kept)
    assert torch.equal(module.eval()(x), x)
