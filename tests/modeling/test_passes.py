"""A perturbation of the input embeddings reaches every real token once, in any encoder."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from modeling.zoo import PACKED, tiny_encoder
from torch import nn

from mtbert.core.errors import InputError
from mtbert.modeling.architectures import ARCHITECTURES, PADDED
from mtbert.modeling.encoder import encode
from mtbert.modeling.packing import TaskExamples, collate
from mtbert.modeling.passes import RealTokens, input_embeddings, perturbed

from tiny import ragged

UNPROVEN = ("convbert", "funnel", "mobilebert")
LENGTHS = (3, 9, 1, 5, 9, 2)


def batch_of(*, packed, joint=False, lengths=LENGTHS):
    shape = replace(PACKED, types=[0, 0], max_length=24, packed=packed)
    a, b = ragged(lengths), ragged(lengths[::-1], seed=1)
    return collate({"a": TaskExamples(a, b, np.arange(len(lengths)), joint=joint)}, shape)


def test_tokens_are_in_the_order_of_sequences_whatever_the_layout():
    encoder = tiny_encoder("bert")
    packed, padded = (RealTokens(encoder, batch_of(packed=it)) for it in (True, False))
    assert torch.equal(packed.ids, padded.ids)
    assert torch.equal(packed.example, padded.example)
    assert (packed.width, packed.examples) == (24, len(LENGTHS))
    # Two special tokens each; the second text of an example counts as its first does.
    both = np.array(LENGTHS) + np.array(LENGTHS[::-1]) + 4
    assert torch.bincount(packed.example).tolist() == both.tolist()
    joint = RealTokens(encoder, batch_of(packed=True, joint=True))
    assert torch.bincount(joint.example).tolist() == (both - 1).tolist()


@pytest.mark.parametrize("kind", sorted({*ARCHITECTURES, *PADDED, *UNPROVEN} - {"ibert"}))
def test_the_same_vector_for_all_tokens_is_a_shift_of_the_table(kind):
    encoder = tiny_encoder(kind)
    batch = batch_of(packed=kind in ARCHITECTURES)
    tokens = RealTokens(encoder, batch)
    shift = torch.randn(tokens.width, generator=torch.Generator().manual_seed(2))
    table = input_embeddings(encoder).weight
    before = table.detach().clone()
    delta = shift.repeat(len(tokens.ids), 1).requires_grad_()
    with perturbed(encoder, batch, tokens, delta):
        actual = encode(encoder, batch)[tokens.places]
    (gradient,) = torch.autograd.grad(actual.square().sum(), delta)
    assert gradient.abs().sum(1).all(), "every real token has its part"
    assert torch.equal(table, before)
    with torch.no_grad():
        plain = encode(encoder, batch)[tokens.places]
        table += shift
        expected = encode(encoder, batch)[tokens.places]
    torch.testing.assert_close(actual.detach(), expected, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(plain, expected, atol=1e-2)


def test_neighbours_in_a_row_are_left_alone():
    encoder, batch = tiny_encoder("bert"), batch_of(packed=True)
    tokens = RealTokens(encoder, batch)
    delta = torch.zeros(len(tokens.ids), 24)
    delta[tokens.example == 2] = 1.0
    with torch.no_grad():
        before = encode(encoder, batch)[tokens.places]
        with perturbed(encoder, batch, tokens, delta):
            after = encode(encoder, batch)[tokens.places]
        assert torch.equal(encode(encoder, batch)[tokens.places], before), "it ends"
    same = (before == after).all(1)
    assert torch.equal(same, tokens.example != 2)


def test_no_table():
    class Bare(nn.Module):
        def get_input_embeddings(self):
            raise NotImplementedError

    with pytest.raises(InputError, match="IBertModel has no table"):
        input_embeddings(tiny_encoder("ibert"))
    with pytest.raises(InputError, match="Bare has no table of input embeddings"):
        input_embeddings(Bare())


def test_an_encoder_that_looks_up_otherwise():
    encoder, batch = tiny_encoder("bert"), batch_of(packed=False)
    tokens = RealTokens(encoder, batch)
    delta = torch.zeros(len(tokens.ids), 24)
    with (
        pytest.raises(InputError, match="looked up 0 of"),
        perturbed(encoder, batch, tokens, delta),
    ):
        pass
