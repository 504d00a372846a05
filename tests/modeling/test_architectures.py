"""What config.json alone tells agrees with the loaded encoder."""

import pytest
from modeling.zoo import config_of, tiny_encoder

from mtbert.core.errors import InputError
from mtbert.modeling.architectures import ARCHITECTURES, PADDED, has_pooler, hidden_size, packs
from mtbert.tokenization.inputs import AFTER_PADDING


@pytest.mark.parametrize("kind", sorted(ARCHITECTURES))
def test_sizes_are_the_encoder_s(kind):
    config = config_of(kind)
    assert hidden_size(config) == tiny_encoder(kind).config.hidden_size == 24
    assert packs(config)
    assert has_pooler(config) == ARCHITECTURES[kind].pooler


@pytest.mark.parametrize("kind", [*sorted(PADDED), "funnel", "bret", None])
def test_what_is_not_proven_is_not_packed(kind):
    assert not packs({"model_type": kind})
    assert not has_pooler({"model_type": kind})


@pytest.mark.parametrize(("size", "packed"), [(None, True), (0, True), (3, False)])
def test_a_convolution_reaches_over_the_end_of_a_sequence(size, packed):
    assert packs({"model_type": "deberta-v2", "conv_kernel_size": size}) == packed


def test_a_config_without_a_size_is_refused():
    with pytest.raises(InputError, match=r"hidden_size or dim or .*, found None"):
        hidden_size({"model_type": "bert"})


def test_tokenization_knows_the_same_positions():
    counted = {kind for kind, entry in ARCHITECTURES.items() if entry.after_padding}
    assert counted == AFTER_PADDING & set(ARCHITECTURES)
    assert not AFTER_PADDING - {*ARCHITECTURES, *PADDED}
