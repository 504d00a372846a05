"""TOKENS tables read back as they were written."""

from contextlib import suppress
from itertools import product

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mtbert.core.errors import InputError
from mtbert.core.parquet import parquet_table
from mtbert.core.schemas import OUTPUTS, read_table, read_tokens, tokens_schema, write_table
from mtbert.inference.tables import read_frame


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


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": ["a"], "label": [1.0]}, "unknown column 'output'"),
        ({"id": [1], "label": [1.0], "output": [[0.5]]}, "column id: expected string, found int64"),
        ({"id": ["a"], "label": ["1"], "output": [[0.5]]}, "column label: expected double"),
        ({"id": ["a"], "label": [1.0], "output": [0.5]}, r"column output: expected list<"),
        ({"id": ["a"], "label": [1.0], "output": [[None, 0.5]]}, "column output: .* null in one"),
        (
            {"id": [None, "a"], "label": [1.0] * 2, "output": [[0.5]] * 2},
            "column id: .* found null",
        ),
    ],
)
def test_columns_are_those_that_readers_expect(tmp_path, columns, message):
    path = tmp_path / "t.parquet"
    write_table(path, pa.table(columns))
    with pytest.raises(InputError, match=rf"t\.parquet: {message}"):
        read_table(path, OUTPUTS)


@pytest.mark.parametrize(
    "column",
    [
        ["x" * 9999],
        ["x" * 99] * 99,  # in the file once, and 99 places
        [["x" * 99] * 9] * 11,
        [{"a": "x" * 99}] * 99,
        [7] * 999,
    ],
)
def test_what_unfolds_to_far_more_than_it_has_is_refused(tmp_path, monkeypatch, column):
    path = tmp_path / "t.parquet"
    write_table(path, pa.table({"id": column}))
    monkeypatch.setattr("mtbert.core.parquet.SMALL", 5000 - path.stat().st_size)
    monkeypatch.setattr("mtbert.core.parquet.DENSEST", 1)
    for reader in (read_table, read_frame):
        with pytest.raises(
            InputError, match=r"t\.parquet: unfolds to [\d,]+ bytes; its size allow"
        ):
            reader(path)


def test_a_view_is_read_as_text(tmp_path):
    write_table(tmp_path / "t.parquet", pa.table({"a": pa.array(["x", None], pa.string_view())}))
    table = parquet_table(tmp_path / "t.parquet")[1]
    assert table["a"].to_pylist() == ["x", None]
    assert table["a"].type == pa.string()


@pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_types_are_those_of_the_file(tmp_path, kind):
    table = pa.table({"a.b": pa.array(["x", None, "x"]).cast(kind), "n": [[1], [], None]})
    write_table(tmp_path / "t.parquet", table)
    names, read = parquet_table(tmp_path / "t.parquet", ["a.b", "absent"])
    assert names == ["a.b", "n"]
    assert read.equals(table.select(["a.b"]))


def test_a_changed_header_of_a_page_cuts_no_list(tmp_path):
    """Every byte before the footer, in three bits: no checksum covers the number of values."""
    path, ids = tmp_path / "t.parquet", [[n, n * n, 7] for n in range(8)]
    words = [[{"side": "a", "word": n} for n in row] for row in ids]
    columns = {"ids": pa.array([*ids, [], None], pa.list_(pa.uint32()))}
    table = pa.table(columns | {"words": pa.array([*words, [], None])})
    write_table(path, table)
    assert read_table(path).equals(table)
    whole, silent = path.read_bytes(), []
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    for place, bit in product(range(4, footer), (2, 8, 16)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        try:
            silent += [] if read_table(path).equals(table) else [(place, bit)]
        except InputError:
            continue
    assert silent == []


@pytest.mark.parametrize("write", [pq.write_table, pd.DataFrame.to_parquet])
def test_no_row_is_lost_by_a_changed_header(tmp_path, write):
    """Every byte before the footer of a file without checksums, in five bits."""
    path, frame = tmp_path / "t.parquet", pd.DataFrame({"text": ["one, two", "five", "six"]})
    write(pa.Table.from_pandas(frame) if write is pq.write_table else frame, path)
    whole, rows = path.read_bytes(), set()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    for place, bit in product(range(4, footer), (1, 2, 4, 8, 16)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        with suppress(InputError):
            rows.add(len(parquet_table(path, ["text"])[1]))
    assert rows == {3}


def test_a_changed_page_is_noticed(tmp_path):
    """Every fifth byte of the pages, before the footer is covered."""
    path = tmp_path / "t.parquet"
    table = pa.table({"id": [f"row {n * n}" for n in range(40)], "label": np.arange(40.0)})
    write_table(path, table)
    whole = path.read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    silent = 0
    for place in range(4, footer, 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        try:
            silent += not read_table(path).equals(table)
        except InputError:
            continue
    assert silent == 0
