"""A task's part goes from one checkpoint into another by command."""

import pytest
from safetensors.torch import load_file

from mtbert.cli.part import Action
from mtbert.cli.part import part as main
from mtbert.core.errors import InputError
from mtbert.modeling.checkpoint import save_checkpoint

from tiny import model_settings, tiny_model


@pytest.fixture
def checkpoints(tmp_path):
    for name in ("tokenizer.json", "sequences.json"):
        (tmp_path / name).write_text("{}")
    encoder = tiny_model(model_settings()).encoder.state_dict()
    for seed in (1, 2):
        model = tiny_model(model_settings(), seed=seed)
        model.encoder.load_state_dict(encoder)
        save_checkpoint(
            tmp_path / f"run-{seed}",
            model,
            settings=model.settings,
            tasks=model.tasks,
            tokens=tmp_path,
        )
    return tmp_path


def test_it_moves_the_part_and_nothing_else(checkpoints):
    part, out = checkpoints / "part", checkpoints / "out"
    main(Action.take, checkpoints / "run-1", "sst", part)
    main(Action.put, checkpoints / "run-2", "sst", part, out)
    one, two, mixed = (
        load_file(checkpoints / name / "model.safetensors") for name in ("run-1", "run-2", "out")
    )
    for name, value in mixed.items():
        expected = one if name.startswith("heads.sst.") else two
        assert value.equal(expected[name]), name
    assert sorted(path.name for path in out.iterdir()) == sorted(
        path.name for path in (checkpoints / "run-2").iterdir()
    )


def test_what_does_not_fit_is_refused(checkpoints):
    main(Action.take, checkpoints / "run-1", "sst", checkpoints / "part")
    with pytest.raises(InputError, match="not a part for para of this model"):
        main(
            Action.put,
            checkpoints / "run-2",
            "para",
            checkpoints / "part",
            checkpoints / "out",
        )
    assert not (checkpoints / "out").exists()
    with pytest.raises(InputError, match="part: exists already"):
        main(Action.take, checkpoints / "run-1", "sst", checkpoints / "part")
    with pytest.raises(InputError, match="--out: give it with put"):
        main(Action.put, checkpoints / "run-2", "sst", checkpoints / "part")
