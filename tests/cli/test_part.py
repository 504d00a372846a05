"""A task's part goes from one checkpoint into another by command."""

import numpy as np
import pytest

from mtbert.cli.part import Action, part
from mtbert.modeling.checkpoint import save_checkpoint

from tiny import model_settings, saved_weights, tiny_model, tiny_tokenizer


@pytest.fixture
def checkpoints(tmp_path):
    tiny_tokenizer(tmp_path)
    encoder = tiny_model(model_settings()).encoder.state_dict()
    for seed in (1, 2):
        model = tiny_model(model_settings(), seed=seed)
        model.encoder.load_state_dict(encoder)
        settings, tasks = model.settings, model.tasks
        save_checkpoint(
            tmp_path / f"run-{seed}", model, settings=settings, tasks=tasks, tokens=tmp_path
        )
    return tmp_path


def test_it_moves_the_part_and_nothing_else(checkpoints):
    folder, out = checkpoints / "part", checkpoints / "out"
    part(Action.take, checkpoints / "run-1", "sst", folder)
    part(Action.put, checkpoints / "run-2", "sst", folder, out)
    first, second, mixed = (saved_weights(checkpoints / name) for name in ("run-1", "run-2", "out"))
    for name, value in mixed.items():
        expected = first if name.startswith("heads.sst.") else second
        np.testing.assert_array_equal(value, expected[name])
    files = {path.name for path in (checkpoints / "run-2").iterdir()}
    assert {path.name for path in out.iterdir()} == files
