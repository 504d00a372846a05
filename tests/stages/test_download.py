"""`python -m stages.download` on a shape."""

import json
from pathlib import Path

import pytest

from mtbert.core.errors import InputError
from stages.download import Resource, main

PARAMS = """
encoder:
  pretrained: scratch
  scratch:
    {layers: 1, hidden_size: 8, heads: 2, intermediate_size: 16, vocabulary_size: 100, dropout: 0.1}
"""


def test_an_encoder_is_described_or_refused_with_its_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    params = tmp_path / "params.yaml"
    params.write_text(PARAMS)
    main(Resource.encoder, Path("encoder"), params)
    assert json.loads(Path("encoder/config.json").read_text())["hidden_size"] == 8
    params.write_text(PARAMS.replace("pretrained: scratch", "pretrained: scrach"))
    with pytest.raises(InputError, match=r"params\.yaml: encoder\.pretrained: unknown .*'scratch'"):
        main(Resource.encoder, Path("encoder"), params)
