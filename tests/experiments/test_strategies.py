"""What a strategy changes in section `train`."""

from mtbert.core.params import read_yaml, write_yaml
from mtbert.experiments.strategies import resolve_strategies

from tiny import ROOT


def test_all_undoes_a_number_of_examples(tmp_path):
    params = read_yaml(ROOT / "params.yaml")
    params["train"]["examples"]["para"] = 30
    params["strategies"] = {"few": {}, "every": {"examples": {"para": "all", "sst": 20}}}
    write_yaml(tmp_path / "params.yaml", params)
    resolved = resolve_strategies(tmp_path / "params.yaml", encoder="scratch")
    counts = {
        name: {task: subset.count for task, subset in settings.examples.items()}
        for name, settings in resolved.items()
    }
    assert counts == {"few": {"para": 30}, "every": {"sst": 20}}
