"""A checkpoint gives the encoder that was saved, or says what is in the way."""

import json

import pytest
import torch
from modeling.zoo import config_of, tiny_encoder
from safetensors.torch import save_file

from mtbert.core.errors import InputError
from mtbert.modeling.architectures import ARCHITECTURES, pooler_in_weights
from mtbert.modeling.encoder import encoder_of, load_encoder, read_config


def saved(folder, kind, *, pooler=True, prefix="", without=(), **changes):
    model = tiny_encoder(kind, pooler=pooler, **changes)
    state = {prefix + k: v.contiguous() for k, v in model.state_dict().items() if k not in without}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config_of(kind, **changes)))
    return model


@pytest.mark.parametrize("kind", [*sorted(ARCHITECTURES), "funnel", "longformer"])
def test_weights_come_back(kind, tmp_path):
    model = saved(tmp_path, kind, pooler=False)
    again = load_encoder(tmp_path, vocabulary=100)
    assert {p.dtype for p in again.parameters()} == {torch.float32}
    for (name, one), (other_name, other) in zip(
        model.named_parameters(), again.named_parameters(), strict=True
    ):
        assert name == other_name
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("kind", "prefix"), [("bert", ""), ("bert", "bert."), ("albert", ""), ("mpnet", "mpnet.")]
)
def test_the_pooler_comes_back(kind, prefix, tmp_path):
    model = saved(tmp_path, kind, prefix=prefix)
    assert pooler_in_weights(tmp_path)
    again = load_encoder(tmp_path, vocabulary=100, pooler=True)
    for one, other in zip(model.pooler.parameters(), again.pooler.parameters(), strict=True):
        assert torch.equal(one, other)
    assert load_encoder(tmp_path, vocabulary=100).pooler is None


def test_a_random_pooler_is_refused(tmp_path):
    saved(tmp_path, "roberta", pooler=False, prefix="roberta.")
    assert not pooler_in_weights(tmp_path)
    assert load_encoder(tmp_path, vocabulary=100).pooler is None
    with pytest.raises(InputError, match=r"lacks the pooler \(pooler.dense.bias, .*such as cls"):
        load_encoder(tmp_path, vocabulary=100, pooler=True)


def test_without_weights_a_pooler_is_made(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(config_of("bert")))
    assert pooler_in_weights(tmp_path)
    encoder = load_encoder(tmp_path, vocabulary=77, pooler=True)
    assert encoder.pooler is not None
    assert encoder.config.vocab_size == 77


def test_broken_weights_are_told_from_their_header(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"half")
    with pytest.raises(InputError, match="not whole or not safetensors"):
        pooler_in_weights(tmp_path)


@pytest.mark.parametrize("kind", ["modernbert", "distilbert"])
def test_a_config_with_fewer_layers_is_told(kind, tmp_path):
    saved(tmp_path, kind)
    layers = "n_layers" if kind == "distilbert" else "num_hidden_layers"
    (tmp_path / "config.json").write_text(json.dumps(config_of(kind, **{layers: 1})))
    with pytest.raises(InputError, match="is it the config of another model"):
        load_encoder(tmp_path, vocabulary=100)


def test_a_layer_s_missing_weight_is_told(tmp_path):
    saved(tmp_path, "mpnet", without=["encoder.relative_attention_bias.weight"])
    with pytest.raises(InputError, match=r"lacks 1 weights of a MPNetModel, such as encoder\.rel"):
        load_encoder(tmp_path, vocabulary=100)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "bret"}, "Unrecognized model identifier: bret"),
        ({"hidden_size": 25}, "not a multiple of the number of attention heads"),
        ({"hidden_size": "24"}, "'hidden_size' expected int, got str"),
    ],
)
def test_a_config_that_does_not_fit_is_told(changes, message):
    with pytest.raises(InputError, match=f"config.json: not an encoder's: .*{message}"):
        encoder_of({**config_of("bert"), **changes})


def test_a_config_s_half_precision_is_not_taken_over():
    encoder = encoder_of(config_of("bert", dtype="float16"))
    assert {p.dtype for p in encoder.parameters()} == {torch.float32}


def test_a_model_that_encodes_no_text_is_told(tmp_path):
    shape = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 4}
    config = {"model_type": "vit", **shape, "intermediate_size": 48, "image_size": 32}
    model = encoder_of(config)
    save_file(model.state_dict(), tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"ViTModel \(model_type vit\) gives no hidden state"):
        load_encoder(tmp_path, vocabulary=100)


def test_a_faulty_config_is_told(tmp_path):
    with pytest.raises(InputError, match=r"config\.json: no such file"):
        read_config(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(InputError, match="expected a mapping of keys, found list"):
        read_config(tmp_path)
