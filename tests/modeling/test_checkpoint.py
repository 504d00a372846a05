"""A checkpoint rebuilds the exact model, a part one task's; otherwise the error lists why not."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from modeling.zoo import PACKED
from safetensors.torch import load_file, save_file

from mtbert.core.errors import InputError
from mtbert.core.tasks import read_tasks
from mtbert.modeling.checkpoint import load_checkpoint, load_part, save_checkpoint, save_part
from mtbert.modeling.prediction import predict

from tiny import ROOT, model_settings, tiny_model, tiny_split, tiny_tokenizer

SHAPE = replace(PACKED, row_length=64)


def save(folder, model):
    tiny_tokenizer(folder)
    best, tasks = folder / "best", read_tasks(ROOT / "params.yaml")
    save_checkpoint(best, model, settings=model.settings, tasks=tasks, tokens=folder)
    return best


def split(size, *, paired):
    return tiny_split(size, paired=paired, seed=size, longest=30)


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
def test_it_rebuilds_the_model_whose_predictions_do_not_depend_on_the_batch(tmp_path, name):
    model = tiny_model(model_settings(**MODELS[name]))
    for parameter in model.parameters():
        # LoRA's B is 0 at first, and layer norms are even.
        torch.nn.init.normal_(parameter, std=0.1)
    again = load_checkpoint(save(tmp_path, model))
    splits = {"sst": split(70, paired=False), "para": split(70, paired=True)}
    expected = predict(model, splits, SHAPE, batch_size=20)
    for task, outputs in predict(again, splits, SHAPE, batch_size=20).items():
        # LoRA's updates are added to the weights.
        tolerance = 1e-6 if name == "lora" else 0
        np.testing.assert_allclose(outputs, expected[task], rtol=0, atol=tolerance)
    for batch_size, packed in ((1, True), (64, True), (1, False), (64, False)):
        outputs = predict(again, splits, replace(SHAPE, packed=packed), batch_size=batch_size)
        for task in splits:
            np.testing.assert_allclose(outputs[task], expected[task], atol=1e-5)


def test_the_weights_of_another_architecture_are_listed(tmp_path):
    file = save(tmp_path, tiny_model(model_settings())) / "heads.safetensors"
    weights = load_file(file)
    weights["heads.sst.2.weight"] = torch.zeros(3, 24)
    weights["heads.new.bias"] = weights.pop("heads.para.2.bias")
    save_file(weights, file)
    with pytest.raises(InputError) as error:
        load_checkpoint(file.parent)
    message = str(error.value)
    assert "3 differ" in message
    assert "heads.sst.2.weight: expected shape [5, 24], found [3, 24]" in message
    assert "heads.para.2.bias: missing" in message
    assert "heads.new.bias: not part of the model" in message
    file.write_bytes(b"half a file")
    with pytest.raises(InputError, match="cannot be read"):
        load_checkpoint(file.parent)


def pair(settings):
    """Two models that differ in all but the encoder."""
    source, target = tiny_model(settings, seed=1), tiny_model(settings, seed=2)
    target.encoder.load_state_dict(source.encoder.state_dict())
    return source, target


@pytest.mark.parametrize("adaptation", ["full", "lora", PAL])
def test_a_part_moves_whole_and_alone(tmp_path, adaptation):
    source, target = pair(model_settings(adaptation=adaptation, projections="layers"))
    before = {name: value.clone() for name, value in target.state_dict().items()}
    save_part(tmp_path / "part", source, "sts")
    assert (tmp_path / "part" / "part.safetensors").stat().st_size < 16_000
    load_part(tmp_path / "part", target, "sts")
    own = ("heads.sts.", "projections.sts.", "adapter.task_parts.sts.")
    for name, value in target.state_dict().items():
        expected = source.state_dict() if name.startswith(own) else before
        assert torch.equal(value, expected[name]), name


def test_the_differences_to_another_head_are_listed(tmp_path):
    save_part(tmp_path, tiny_model(model_settings()), "sst")
    heads = {"sst": "mlp", "para": "linear", "sts": "cosine"}
    other = tiny_model(model_settings(heads=heads, pooling="cls"))
    before = {name: value.clone() for name, value in other.state_dict().items()}
    with pytest.raises(InputError) as error:
        load_part(tmp_path, other, "sst")
    message = str(error.value)
    assert "head: expected" in message
    assert "pooling: expected {'name': 'cls'}, found {'name': 'mean'}" in message
    assert "head.5.weight: missing" in message
    assert all(torch.equal(value, before[name]) for name, value in other.state_dict().items())


def test_a_part_is_not_put_behind_another_encoder(tmp_path):
    settings = model_settings()
    save_part(tmp_path, tiny_model(settings, seed=1), "sst")
    with pytest.raises(InputError, match=r"encoder: expected \{'kind': 'bert', 'sha256'"):
        load_part(tmp_path, tiny_model(settings, seed=2), "sst")


@pytest.mark.parametrize("task", ["para", "sts"])
def test_a_shared_projection_is_nobody_s_own(tmp_path, task):
    shared = {"sst": "none", "para": "layers", "sts": {"name": "shared", "task": "para"}}
    with pytest.raises(InputError, match=f"{task} has no part of its own: para and sts"):
        save_part(tmp_path, tiny_model(model_settings(projections=shared)), task)


def test_one_task_s_part_is_not_another_s(tmp_path):
    model = tiny_model(model_settings())
    save_part(tmp_path, model, "sst")
    with pytest.raises(InputError, match="labels: expected"):
        load_part(tmp_path, model, "para")
    with pytest.raises(InputError, match="no task 'cfimdb' in this model"):
        save_part(tmp_path, model, "cfimdb")
