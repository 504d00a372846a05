"""`python -m stages.download` on the sample and on a shape."""

import json
from pathlib import Path

import pytest

from mtbert.core.errors import InputError
from stages.download import Resource, main

PARAMS = """
data: {source: mine, max_bad_share: 0.01, max_characters: 100}
tasks:
  a:
    title: a
    files: {train: a-train.csv, dev: a-dev.csv}
    columns: {id: id, text_a: sentence, label: label}
    labels: {kind: binary}
    predictions: {file: 'p-{split}.csv', column: p}
encoder:
  pretrained: scratch
  scratch:
    {layers: 1, hidden_size: 8, heads: 2, intermediate_size: 16, vocabulary_size: 100, dropout: 0.1}
"""


@pytest.fixture
def params(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    for split in ("train", "dev"):
        (tmp_path / f"mine/a-{split}.csv").write_text(f"id\tsentence\tlabel\n{split}\tA .\t1\n")
    (tmp_path / "params.yaml").write_text(PARAMS)
    return tmp_path / "params.yaml"


def test_an_encoder_is_described_or_refused_with_its_place(params):
    main(Resource.encoder, Path("encoder"), params)
    assert json.loads(Path("encoder/config.json").read_text())["hidden_size"] == 8
    params.write_text(PARAMS.replace("pretrained: scratch", "pretrained: scrach"))
    with pytest.raises(InputError, match=r"params\.yaml: encoder\.pretrained: unknown .*'scratch'"):
        main(Resource.encoder, Path("encoder"), params)
