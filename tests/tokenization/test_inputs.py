"""What an encoder's config.json says of its positions and padding."""

import json

import pytest

from mtbert.core.errors import InputError
from mtbert.tokenization.inputs import check_length, padding_id


def config(folder, **content):
    (folder / "config.json").write_text(json.dumps(content))
    return folder / "config.json"


@pytest.mark.parametrize(
    ("content", "usable"),
    [
        ({"model_type": "bert", "max_position_embeddings": 512}, 512),
        ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "mpnet", "max_position_embeddings": 514}, 512),
        ({"model_type": "xlm-roberta", "max_position_embeddings": 40, "pad_token_id": 9}, 30),
        ({"model_type": "deberta-v2", "max_position_embeddings": 512}, 512),
        ({"model_type": "modernbert", "max_position_embeddings": 8192, "pad_token_id": 3}, 8192),
    ],
)
def test_the_longest_sequence_has_a_position_for_each_token(tmp_path, content, usable):
    path = config(tmp_path, **content)
    check_length(path, usable, where="p")
    with pytest.raises(
        InputError, match=rf"^p: the encoder has {usable} positions.*, found {usable + 1}$"
    ):
        check_length(path, usable + 1, where="p")


def test_an_encoder_may_count_no_positions_and_name_no_padding(tmp_path):
    check_length(config(tmp_path, model_type="xlnet"), 10**6, where="p")
    assert padding_id(config(tmp_path)) is None
    assert padding_id(config(tmp_path, pad_token_id=5)) == 5


@pytest.mark.parametrize("value", ["0", -1, True, 1.0])
def test_a_faulty_padding_id_is_told(tmp_path, value):
    with pytest.raises(InputError, match=r"config\.json: pad_token_id: expected a whole number"):
        padding_id(config(tmp_path, pad_token_id=value))
