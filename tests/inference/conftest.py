"""One checkpoint of a tiny model for all tests of inference."""

import pytest
import torch

from mtbert.core.tasks import read_tasks
from mtbert.modeling.checkpoint import save_checkpoint

from tiny import ROOT, model_settings, tiny_model, tiny_tokenizer


def save(folder, **changes):
    """Save a model of large random weights; give the checkpoint's folder."""
    model, tasks = tiny_model(model_settings(**changes)), read_tasks(ROOT / "params.yaml")
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.25)
    tokens = tiny_tokenizer(folder)
    best = folder / "best"
    save_checkpoint(best, model, settings=model.settings, tasks=tasks, tokens=tokens)
    return best


@pytest.fixture(scope="session")
def best(tmp_path_factory):
    return save(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="session")
def model(best):
    import mtbert

    return mtbert.load(best)
