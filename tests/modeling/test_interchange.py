"""Transformers and sentence-transformers compute a checkpoint's own vectors, or refuse it."""

import json

import numpy as np
import pytest
import torch
from inference.conftest import save
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer, BertModel

import mtbert

TEXTS = ["a fine film", "how old are you?", "it is dull, is it?", "x"]
PAL = {"name": "pal", "size": 12, "heads": 2}


@pytest.mark.parametrize("adaptation", ["full", "frozen", "lora"])
def test_transformers_computes_the_same_vectors(tmp_path, adaptation):
    best = save(tmp_path, adaptation=adaptation)
    tokenizer, encoder = AutoTokenizer.from_pretrained(best), AutoModel.from_pretrained(best)
    inputs = tokenizer(TEXTS, padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        hidden = encoder(**inputs).last_hidden_state
    mask = inputs["attention_mask"][..., None]
    means = (hidden * mask).sum(1) / mask.sum(1)
    np.testing.assert_allclose(means, mtbert.load(best).encode(TEXTS), atol=1e-5)


def test_transformers_refuses_an_encoder_with_pal(tmp_path):
    best = save(tmp_path, adaptation=PAL)
    with pytest.raises(ValueError, match="model type `mtbert`"):
        AutoModel.from_pretrained(best)
    with pytest.raises(OSError, match=r"model\.safetensors"):
        BertModel.from_pretrained(best)
    assert not (best / "modules.json").exists()
    assert mtbert.load(best).encode(TEXTS, "sts").shape == (4, 24)


def test_everybody_can_read_it(tmp_path):
    best = save(tmp_path)
    files = [path for path in best.rglob("*") if path.is_file()]
    assert len(files) > 8
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in files)


def test_the_name_of_no_folder_of_ours_is_in_it(tmp_path):
    config = json.loads((save(tmp_path) / "config.json").read_text())
    assert config["architectures"] == ["BertModel"]
    assert "_name_or_path" not in config


def test_lora_is_added_to_the_weights(tmp_path):
    names = load_file(save(tmp_path, adaptation="lora") / "model.safetensors")
    assert not [name for name in names if "lora" in name or "base_layer" in name]


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_sentence_transformers_computes_the_same_vectors(tmp_path, pooling):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    best = save(tmp_path, pooling=pooling)
    vectors = mtbert.load(best).encode(TEXTS)
    other = sentence_transformers.SentenceTransformer(str(best), device="cpu")
    np.testing.assert_allclose(other.encode(TEXTS), vectors, atol=1e-5)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similar = other.similarity(vectors, vectors).numpy()
    np.testing.assert_allclose(similar, unit @ unit.T, atol=1e-5)


LINEAR = dict.fromkeys(["sst", "para", "sts"], "linear")


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        ({}, True),
        ({"pooling": {"sst": "cls", "para": "mean", "sts": "mean"}}, True),
        ({"pooling": "max_mean"}, False),
        ({"pooling": "pooler"}, False),
        ({"pooling": {"sst": "mean", "para": "cls", "sts": "mean"}}, False),
        ({"projections": "layers"}, False),
        ({"projections": {"sst": "none", "para": "none", "sts": "layers"}}, False),
        ({"encoding": {"para": "joint", "sts": "joint"}, "heads": LINEAR}, False),
        ({"encoding": {"para": "joint", "sts": "siamese"}, "heads": LINEAR}, True),
    ],
)
def test_only_what_sentence_transformers_can_compute_is_written(tmp_path, changes, written):
    best = save(tmp_path, **changes)
    files = ("modules.json", "sentence_bert_config.json", "1_Pooling/config.json")
    assert {(best / name).is_file() for name in files} == {written}
