"""A task's own part goes from one model to another, and to no model that it does not fit."""

import pytest
import torch

from mtbert.core.errors import InputError
from mtbert.modeling.checkpoint import load_part, save_part

from tiny import model_settings, tiny_model

PAL = {"name": "pal", "size": 12, "heads": 2}
SHARED = {"sst": "none", "para": "layers", "sts": {"name": "shared", "task": "para"}}


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
    load_part(tmp_path / "part", target, "sts")
    own = ("heads.sts.", "projections.sts.", "adapter.task_parts.sts.")
    for name, value in target.state_dict().items():
        expected = source.state_dict() if name.startswith(own) else before
        assert torch.equal(value, expected[name]), name


def test_a_part_is_small(tmp_path):
    save_part(tmp_path, tiny_model(model_settings()), "sst")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["part.safetensors", "part.yaml"]
    assert (tmp_path / "part.safetensors").stat().st_size < 2_000


def test_another_head_is_told_as_a_list(tmp_path):
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
    with pytest.raises(InputError, match=f"{task} has no part of its own: para and sts"):
        save_part(tmp_path, tiny_model(model_settings(projections=SHARED)), task)


def test_one_task_s_part_is_not_another_s(tmp_path):
    model = tiny_model(model_settings())
    save_part(tmp_path, model, "sst")
    with pytest.raises(InputError, match="labels: expected"):
        load_part(tmp_path, model, "para")
    with pytest.raises(InputError, match="no task 'cfimdb' in this model"):
        save_part(tmp_path, model, "cfimdb")
