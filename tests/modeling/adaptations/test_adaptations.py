"""What all adaptations have in common, and the one that trains nothing."""

import pytest
import torch

from mtbert.core.registry import build, to_spec
from mtbert.modeling.adaptations import ADAPTATIONS
from mtbert.modeling.encoder import encoder_of

from tiny import tiny_config


def adapted(name):
    torch.manual_seed(0)
    encoder = encoder_of(tiny_config()).train()
    return encoder, ADAPTATIONS[name]().adapt(encoder, ["sst", "sts"])


@pytest.mark.parametrize("name", ADAPTATIONS)
def test_only_a_fixed_encoder_and_its_adapter_have_nothing_to_train(name):
    trained = [p for module in adapted(name) for p in module.parameters() if p.requires_grad]
    assert ADAPTATIONS[name].fixed == (not trained)


@pytest.mark.parametrize("name", ADAPTATIONS)
def test_the_same_seed_gives_the_same_weights(name):
    for module, again in zip(adapted(name), adapted(name), strict=True):
        assert list(module.state_dict()) == list(again.state_dict())
        assert all(map(torch.equal, module.state_dict().values(), again.state_dict().values()))


@pytest.mark.parametrize(
    "spec",
    [*ADAPTATIONS, {"name": "pal", "variant": "low_rank"}, {"name": "lora", "targets": ["query"]}],
)
def test_settings_survive_being_written_out(spec):
    method = build(ADAPTATIONS, spec, what="adaptation")
    assert build(ADAPTATIONS, to_spec(ADAPTATIONS, method), what="adaptation") == method
