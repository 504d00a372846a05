"""What all adaptations have in common, and the two that add nothing."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from mtbert.core.registry import build, to_spec
from mtbert.modeling.adaptations import ADAPTATIONS
from mtbert.modeling.encoder import encode, encoder_of
from mtbert.modeling.packing import RowShape, TaskExamples, collate

from tiny import ROOT, ragged, tiny_config

PACKED = RowShape([1], [2], [2], [0, 1], pad=0, max_length=32, row_length=32)


def adapted(name):
    torch.manual_seed(0)
    encoder = encoder_of(tiny_config(), pooler=False).train()
    return encoder, ADAPTATIONS[name]().adapt(encoder, ["sst", "sts"])


def run(encoder, adapter):
    batch = collate({"sst": TaskExamples(ragged([5, 9]), None, np.arange(2))}, PACKED)
    adapter.begin(batch)
    found = encode(encoder, batch)
    adapter.end()
    return found


def test_frozen_trains_none():
    encoder, adapter = adapted("frozen")
    assert not any(p.requires_grad for p in encoder.parameters())
    assert not list(adapter.parameters())
    assert not run(encoder, adapter).requires_grad
    assert not any(module.training for module in encoder.modules()), "no dropout"


@pytest.mark.parametrize("name", ADAPTATIONS)
def test_fixed_is_told_where_nothing_can_move_the_vectors(name):
    encoder, adapter = adapted(name)
    trained = [p for m in (encoder, adapter) for p in m.parameters() if p.requires_grad]
    assert ADAPTATIONS[name].fixed == (not trained)


@pytest.mark.parametrize("name", ADAPTATIONS)
def test_the_same_seed_gives_the_same_weights(name):
    (one, first), (other, second) = adapted(name), adapted(name)
    for a, b in ((one, other), (first, second)):
        assert list(a.state_dict()) == list(b.state_dict())
        assert all(map(torch.equal, a.state_dict().values(), b.state_dict().values()))


@pytest.mark.parametrize(
    "spec",
    [*ADAPTATIONS, {"name": "pal", "variant": "low_rank"}, {"name": "lora", "targets": ["query"]}],
)
def test_settings_survive_being_written_out(spec):
    method = build(ADAPTATIONS, spec, what="adaptation")
    assert build(ADAPTATIONS, to_spec(ADAPTATIONS, method), what="adaptation") == method


def test_plans_import_nothing_heavy():
    code = (
        "import sys; from mtbert.modeling.adaptations import ADAPTATIONS\n"
        "config = {'model_type': 'bert', 'hidden_size': 24}\n"
        "[method().check(config) for method in ADAPTATIONS.values()]\n"
        "print({'torch', 'transformers', 'peft'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert found.stdout.strip() == "set()"
