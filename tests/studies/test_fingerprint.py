"""Digests of a plan: content counts, places and names do not."""

import pytest

from mtbert.studies.fingerprint import fingerprint, input_digests


def plan(**changes):
    files = [{"path": "data/encoder/model.safetensors", "md5": "1"}]
    made = {
        "strategy": "a",
        "data_source": "here",
        "train": {"epochs": 1},
        "tasks": {"sst": {"paired": False}},
        "metrics": {"sst": "accuracy"},
        "encoder": {"folder": "data/encoder", "kind": "pretrained", "name": "x", "files": files},
        "sequences": {"path": "s", "md5": "2"},
        "tokenizer": {"path": "t", "md5": "3"},
        "tokens": {"sst": {"train": {"path": "p", "md5": "4"}}},
    }
    return {**made, **changes}


def test_places_and_names_do_not_count():
    origin = {"path": "elsewhere/SOURCE.json", "md5": "9"}
    files = [origin, {"path": "elsewhere/model.safetensors", "md5": "1"}]
    other = plan(
        strategy="b",
        data_source="there",
        encoder={"folder": "elsewhere", "kind": "pretrained", "name": "y", "files": files},
        sequences={"path": "other", "md5": "2"},
        tokens={"sst": {"train": {"path": "q", "md5": "4"}}},
    )
    assert fingerprint(other) == fingerprint(plan())


@pytest.mark.parametrize(
    "changes",
    [
        {"train": {"epochs": 2}},
        {"metrics": {"sst": "macro_f1"}},
        {"tasks": {"sst": {"paired": True}}},
        {"tokenizer": {"path": "t", "md5": "5"}},
        {"sequences": {"path": "s", "md5": "5"}},
        {"tokens": {"sst": {"train": {"path": "p", "md5": "5"}}}},
        {"encoder": {"files": [{"path": "data/encoder/model.safetensors", "md5": "5"}]}},
    ],
)
def test_content_counts(changes):
    assert fingerprint(plan(**changes)) != fingerprint(plan())


def test_inputs_have_their_own_digests():
    digests = input_digests(plan())
    settings = digests.pop("settings")
    assert digests == {
        **{"tokens/sst/train": "4", "sequences": "2", "tokenizer": "3"},
        "encoder/model.safetensors": "1",
    }
    other = input_digests(plan(train={"epochs": 2}))
    assert other.pop("settings") != settings
    assert other == digests
