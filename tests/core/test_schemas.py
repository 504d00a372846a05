"""TOKENS survive the way to disk and back."""

import numpy as np
import pyarrow as pa
import pytest

from mtbert.core.errors import InputError
from mtbert.core.schemas import read_table, read_tokens, text_schema, tokens_schema, write_table


def test_tokens_read_back(tmp_path):
    columns = [["x", "y", "z"], [[5, 6], [], [7]], [[1], [2, 3], []], [1.0, None, 0.5]]
    table = pa.table([pa.array(c) for c in columns[:1]] + columns[1:], schema=tokens_schema(100))
    write_table(tmp_path / "t.parquet", table)
    tokens = read_tokens(tmp_path / "t.parquet", paired=True)
    assert tokens.example_ids == ["x", "y", "z"]
    assert tokens.a.ids.tolist() == [5, 6, 7]
    assert tokens.a.offsets.tolist() == [0, 2, 2, 3]
    assert tokens.b.lengths.tolist() == [1, 2, 0]
    np.testing.assert_array_equal(tokens.labels, [1.0, np.nan, 0.5])
    assert read_tokens(tmp_path / "t.parquet", paired=False).b is None


def test_ids_take_the_smallest_type_that_fits():
    assert tokens_schema(2**16).field("ids_a").type.value_type == pa.uint16()
    assert tokens_schema(2**16 + 1).field("ids_a").type.value_type == pa.uint32()


def test_text_schema():
    assert text_schema().names == ["id", "text_a", "text_b", "label"]


@pytest.mark.parametrize("keep", [0, 3, 100, -1])
def test_a_table_that_is_not_whole_is_told(tmp_path, keep):
    path = tmp_path / "t.parquet"
    write_table(path, pa.table({"id": [str(n) for n in range(99)]}))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"t\.parquet: not a whole Parquet file"):
        read_table(path)
    path.write_text("id,text\n" * 9)
    with pytest.raises(InputError, match=r"t\.parquet: not a whole Parquet file"):
        read_table(path)


def test_missing_table(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_tokens(tmp_path / "none.parquet", paired=False)
