"""A checkpoint rebuilds the exact model, and says what differs where it cannot."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from mtbert.core.errors import InputError
from mtbert.core.tasks import read_tasks
from mtbert.modeling.checkpoint import load_checkpoint, save_checkpoint
from mtbert.modeling.encoder import encoder_of, load_encoder
from mtbert.modeling.packing import RowShape
from mtbert.modeling.prediction import predict

from tiny import ROOT, model_settings, tiny_config, tiny_model, tiny_split

SHAPE = RowShape([1], [2], [2], [0, 1], pad=0, max_length=32, row_length=64)


@pytest.fixture
def saved(tmp_path):
    model = tiny_model(model_settings())
    return model, save(tmp_path, model, read_tasks(ROOT / "params.yaml"))


def save(folder, model, tasks):
    for name in ("tokenizer.json", "sequences.json"):
        (folder / name).write_text("{}")
    best = folder / "best"
    save_checkpoint(best, model, settings=model.settings, tasks=tasks, tokens=folder)
    return best


def split(size, *, paired):
    return tiny_split(size, paired=paired, seed=size, longest=30)


def test_it_rebuilds_the_exact_model(saved):
    model, folder = saved
    again = load_checkpoint(folder)
    assert {k: v.tolist() for k, v in model.state_dict().items()} == {
        k: v.tolist() for k, v in again.state_dict().items()
    }
    splits = {"sst": split(9, paired=False), "sts": split(7, paired=True)}
    one, other = (predict(m, splits, SHAPE) for m in (model, again))
    for task, outputs in one.items():
        np.testing.assert_array_equal(outputs, other[task])


PAL = {"name": "pal", "size": 12, "heads": 2}
LINEAR = dict.fromkeys(["sst", "para", "sts"], "linear")
MODELS = {
    "default": {},
    "joint": {"encoding": {"para": "joint", "sts": "joint"}, "heads": LINEAR},
    "pal": {"adaptation": PAL, "pooling": "max_mean"},
    "lora": {"adaptation": "lora", "pooling": "pooler", "projections": "layers"},
    "frozen": {"adaptation": "frozen", "pooling": {"sst": "cls", "para": "max", "sts": "mean"}},
}


@pytest.mark.parametrize("name", MODELS)
def test_predictions_do_not_depend_on_the_batch(tmp_path, name):
    model = tiny_model(model_settings(**MODELS[name]))
    for parameter in model.parameters():
        # LoRA's B is 0 at first, and layer norms are even.
        torch.nn.init.normal_(parameter, std=0.1)
    again = load_checkpoint(save(tmp_path, model, model.tasks))
    splits = {"sst": split(70, paired=False), "para": split(70, paired=True)}
    expected = predict(model, splits, SHAPE, batch_size=20)
    for batch_size, packed in ((1, True), (64, True), (1, False), (64, False)):
        shape = RowShape([1], [2], [2], [0, 1], pad=0, max_length=32, row_length=64, packed=packed)
        found = predict(again, splits, shape, batch_size=batch_size)
        for task in splits:
            np.testing.assert_allclose(found[task], expected[task], atol=1e-5)


def test_another_architecture_is_told_as_a_list(saved):
    _, folder = saved
    weights = load_file(folder / "model.safetensors")
    weights["heads.sst.2.weight"] = torch.zeros(3, 24)
    weights["heads.new.bias"] = weights.pop("heads.para.2.bias")
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(InputError) as error:
        load_checkpoint(folder)
    message = str(error.value)
    assert "3 differ" in message
    assert "heads.sst.2.weight: expected shape [5, 24], found [3, 24]" in message
    assert "heads.para.2.bias: missing" in message
    assert "heads.new.bias: not part of the model" in message


def test_broken_weights_are_told(saved):
    _, folder = saved
    (folder / "model.safetensors").write_bytes(b"half a file")
    with pytest.raises(InputError, match="cannot be read"):
        load_checkpoint(folder)


def test_fp16_weights_are_computed_in_fp32(tmp_path):
    weights = {k: v.half() for k, v in encoder_of(tiny_config()).state_dict().items()}
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_text(json.dumps(tiny_config(dtype="float16")))
    encoder = load_encoder(tmp_path, vocabulary=100)
    assert {p.dtype for p in encoder.parameters()} == {torch.float32}
    with pytest.raises(InputError, match="101 entries, the encoder only 100"):
        load_encoder(tmp_path, vocabulary=101)
