"""TOKENS tables read back as they were written."""

import numpy as np
import pyarrow as pa
import pytest

from mtbert.core.errors import InputError
from mtbert.core.schemas import read_table, read_tokens, tokens_schema, write_table


@pytest.mark.parametrize(("vocabulary", "ids"), [(2**16, pa.uint16()), (2**16 + 1, pa.uint32())])
def test_tokens_read_back(tmp_path, vocabulary, ids):
    columns = [["x", "y", "z"], [[5, 6], [], [7]], [[1], [2, 3], []], [1.0, None, 0.5]]
    table = pa.table(columns, schema=tokens_schema(vocabulary))
    assert table["ids_a"].type.value_type == ids
    write_table(tmp_path / "t.parquet", table)
    tokens = read_tokens(tmp_path / "t.parquet", paired=True)
    assert tokens.example_ids == ["x", "y", "z"]
    assert tokens.a.ids.tolist() == [5, 6, 7]
    assert tokens.a.offsets.tolist() == [0, 2, 2, 3]
    assert tokens.b.lengths.tolist() == [1, 2, 0]
    np.testing.assert_array_equal(tokens.labels, [1.0, np.nan, 0.5])
    assert read_tokens(tmp_path / "t.parquet", paired=False).b is None


@pytest.mark.parametrize("keep", [0, 3, 100, -1, None])
def test_a_table_that_is_not_whole_is_refused(tmp_path, keep):
    path = tmp_path / "t.parquet"
    write_table(path, pa.table({"id": [str(n) for n in range(99)]}))
    path.write_bytes(b"id,text\n" * 9 if keep is None else path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"t\.parquet: not a whole Parquet file"):
        read_table(path)
