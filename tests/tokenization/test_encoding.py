"""Counts of tokens; a text that leaves nothing is named before anything is trained."""

import pyarrow as pa
import pytest

from mtbert.core.errors import InputError
from mtbert.core.schemas import tokens_schema
from mtbert.tokenization.encoding import count_tokens

TABLE = pa.table(
    {"id": ["x", "y"], "ids_a": [[1, 2], []], "ids_b": [None, None], "label": [0.0, 1.0]},
    schema=tokens_schema(9),
)
PLAIN = {"prefix": [], "middle": [], "suffix": []}


def test_an_empty_sequence_is_refused():
    with pytest.raises(InputError, match=r"^row 2, id y: text_a has no token, .*no special tokens"):
        count_tokens(TABLE, PLAIN, 8)


def test_special_tokens_alone_are_a_sequence():
    counts = count_tokens(TABLE, {**PLAIN, "prefix": [3], "suffix": [4]}, 3)
    assert counts == {
        **{"texts": 2, "tokens": 6, "mean_tokens": 3.0, "longest": 4},
        **{"truncated_texts": 1, "truncated_pairs": 0},
    }
