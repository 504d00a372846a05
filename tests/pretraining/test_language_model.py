"""The head of every architecture guesses on packed rows as its own model does on a sentence."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from modeling.zoo import config_of, tiny_encoder
from safetensors.torch import load_file, save_file

from mtbert.core.errors import InputError
from mtbert.modeling.architectures import ARCHITECTURES
from mtbert.modeling.encoder import encode, load_encoder
from mtbert.modeling.packing import RowShape, TaskExamples, collate
from mtbert.pretraining.language_model import load_language_model, save_encoder

from tiny import ragged

SHAPE = RowShape([2], [3, 3], [3], [0, 0], pad=1, max_length=48, row_length=64)
LENGTHS = [7, 3, 1, 40, 12]


def batch():
    return collate({"t": TaskExamples(ragged(LENGTHS), None, np.arange(len(LENGTHS)))}, SHAPE)


def write(folder, model, config):
    state = {k: v.contiguous() for k, v in model.state_dict().items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "SOURCE.json").write_text('{"kind": "pretrained"}')


@pytest.mark.parametrize("kind", sorted(ARCHITECTURES))
def test_packed_rows_are_guessed_as_each_sentence_alone(kind, tmp_path):
    write(tmp_path, tiny_encoder(kind), config_of(kind))
    torch.manual_seed(0)
    model, rows = load_language_model(tmp_path, vocabulary=100).eval(), batch()
    # RemBERT's outputs have a table of their own, whatever its config says.
    assert model.tied == (kind != "rembert")
    with torch.inference_mode():
        for number in range(len(LENGTHS)):
            places = (rows.sequence.flatten() == number).nonzero().flatten()
            ids = rows.input_ids.flatten()[places]
            alone = model.whole(input_ids=ids[None]).logits[0]
            assert torch.allclose(model(rows, places), alone, atol=1e-4, rtol=1e-4)
            assert alone.std() > 0.01


@pytest.mark.parametrize("kind", sorted(ARCHITECTURES))
def test_what_a_checkpoint_lacks_of_a_head_starts_as_its_own_class_starts_it(kind, tmp_path):
    write(tmp_path, tiny_encoder(kind), config_of(kind))
    # Memory that is used anew for an uninitialized weight holds these.
    held = [torch.full((size,), 7.0) for size in (24, 16, 100) * 50]
    del held
    model = load_language_model(tmp_path, vocabulary=100)
    weights = dict(model.whole.named_parameters())
    assert model.fresh or model.tied
    for name in model.fresh:
        value = weights[name]
        if name.endswith("bias"):
            assert (value == 0).all(), name
        elif value.ndim == 1:
            assert (value == 1).all(), name
        else:
            assert 0.005 < value.std() < 0.3, name


def bert_with_head(tie):
    from transformers import BertConfig, BertForMaskedLM

    torch.manual_seed(3)
    model = BertForMaskedLM(BertConfig(**config_of("bert"), tie_word_embeddings=tie)).eval()
    torch.nn.init.normal_(model.cls.predictions.transform.dense.weight, std=0.3)
    torch.nn.init.normal_(model.cls.predictions.decoder.bias)
    return model


@pytest.mark.parametrize("tie", [True, False])
def test_a_checkpoint_s_own_head_is_used(tie, tmp_path):
    original = bert_with_head(tie)
    original.save_pretrained(tmp_path)
    model, ids = load_language_model(tmp_path, vocabulary=100).eval(), torch.tensor([[2, 7, 9, 3]])
    assert model.fresh == []
    assert model.tied == tie
    with torch.inference_mode():
        hidden = model.encoder(input_ids=ids).last_hidden_state[0]
        assert torch.allclose(
            model.head(hidden, ids[0]), original(input_ids=ids).logits[0], atol=1e-6
        )


def test_a_head_that_is_not_there_guesses_by_the_embeddings(tmp_path):
    config = {**config_of("bert"), "tie_word_embeddings": False}
    write(tmp_path, tiny_encoder("bert"), config)
    model = load_language_model(tmp_path, vocabulary=100)
    assert model.tied
    assert "cls.predictions.transform.dense.weight" in model.fresh
    assert "cls.predictions.decoder.weight" not in model.fresh


@pytest.mark.parametrize("kind", ["bert", "albert", "distilbert", "deberta-v2", "modernbert"])
def test_what_is_saved_is_loaded_as_the_encoder_was(kind, tmp_path):
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    out.mkdir()
    config = {**config_of(kind), "dtype": "float16"}
    write(source, tiny_encoder(kind, pooler=True).half(), config)
    (source / "tokenizer.json").write_text("its own")
    (source / "model.safetensors.index.json").write_text("of the old weights")
    model = load_language_model(source, vocabulary=100)
    with torch.no_grad():
        for parameter in model.encoder.parameters():
            parameter.add_(1e-4)
    save_encoder(model, source, out, tokens=tmp_path)
    names = ["config.json", "model.safetensors", "tokenizer.json"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert json.loads((out / "config.json").read_text()) == {**config, "dtype": "float32"}
    has_pooler = ARCHITECTURES[kind].pooler
    old, new = (load_encoder(place, vocabulary=100, pooler=has_pooler) for place in (source, out))
    assert [n for n, _ in old.named_parameters()] == [n for n, _ in new.named_parameters()]
    for before, after in zip(model.encoder.parameters(), new.parameters(), strict=True):
        assert torch.equal(before, after)
    assert {value.dtype for value in load_file(out / "model.safetensors").values()} <= {
        torch.float32,
        torch.int64,
    }


def test_an_encoder_from_scratch_takes_its_vocabulary_along(tmp_path):
    source, out, tokens = (tmp_path / name for name in ("source", "out", "tokens"))
    for folder in (source, out, tokens):
        folder.mkdir()
    (source / "config.json").write_text(json.dumps(config_of("bert", vocab_size=4000)))
    (tokens / "tokenizer.json").write_text("the data's")
    model = load_language_model(source, vocabulary=77)
    save_encoder(model, source, out, tokens=tokens)
    assert (out / "tokenizer.json").read_text() == "the data's"
    again = load_encoder(out, vocabulary=77, pooler=True)
    assert again.config.vocab_size == 77
    rows = batch()
    rows = replace(rows, input_ids=rows.input_ids.clamp(max=76))
    with torch.inference_mode():
        before, after = (encode(part.eval(), rows) for part in (model.encoder, again))
    assert torch.equal(before, after)


def test_an_architecture_without_a_masked_language_model_is_refused(tmp_path):
    write(tmp_path, tiny_encoder("xlnet"), config_of("xlnet"))
    with pytest.raises(InputError, match="no masked language model of model_type xlnet; expected"):
        load_language_model(tmp_path, vocabulary=100)


def test_a_head_on_more_than_the_last_hidden_states_is_refused(tmp_path, monkeypatch):
    from transformers import BertForMaskedLM

    write(tmp_path, tiny_encoder("bert"), config_of("bert"))
    plain = BertForMaskedLM.forward

    def scaled(self, input_ids, **more):
        output = plain(self, input_ids, **more)
        # As a head that reads the encoder's first layer too would.
        output.logits = output.logits + ("forward" not in vars(self.bert))
        return output

    monkeypatch.setattr(BertForMaskedLM, "forward", scaled)
    with pytest.raises(InputError, match="of model_type bert is more than a head on the last"):
        load_language_model(tmp_path, vocabulary=100)
