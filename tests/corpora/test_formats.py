"""The same rows from comma-separated text and from Parquet, and what is wrong with others."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpora.reading import column, task
from corpora.reading import read as read_file

from mtbert.core.errors import InputError

HEAD = b"text,stars,id\n"
COLUMNS = {"id": "id", "text_a": "text", "label": "stars"}


def read(path, content, *, format, **keys):
    if isinstance(content, dict):
        pq.write_table(pa.table(content), path)
        content = path.read_bytes()
    return read_file(path, content, task(**{"format": format, "columns": COLUMNS, **keys}))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "train"


def test_quoted_text_may_hold_commas_quotes_and_line_ends(path):
    examples = read(path, HEAD + b'"Well, ""so""\nso",1,x\nB,0.0,y\n', format="csv")
    assert column(examples, "text_a") == ['Well, "so"\nso', "B"]
    assert column(examples, "label") == [1, 0]
    assert examples.unusable == []


def test_an_unquoted_comma_is_no_new_column(path):
    # Read as tab-separated files are, the columns would move by one, and no word be said.
    rows = b"a,0,w\n" + b"Well, so,1,x\n" * 2
    examples = read(path, HEAD + rows, format="csv")
    assert examples.unusable == [(n, "expected 3 fields, found 4") for n in (3, 4)]


def test_a_stray_quote_in_commas_loses_no_row_silently(path):
    rows = [b"A %d,1,id%d\n" % (n, n) for n in range(6)]
    rows[1], rows[3] = b'"A 1,1,id1\n', b'"A 3",1,id3\n'
    examples = read(path, HEAD + b"".join(rows), format="csv")
    assert column(examples, "id") == ["id0", "id4", "id5"]
    assert [line for line, _ in examples.unusable] == [3, 4, 5]
    assert "not comma-separated text" in examples.unusable[0][1]


@pytest.mark.parametrize(
    ("format", "content", "message"),
    [
        ("tsv", HEAD + b"a,1,x\n", r"line 1: columns.id: .* format: tsv, should it be csv\?"),
        ("csv", b"text\tstars\tid\na\t1\tx\n", r"format: csv, should it be tsv\?"),
        ("tsv", {"text": ["a"]}, "a Parquet file, but its task has format: tsv"),
        ("parquet", HEAD + b"a,1,x\n", "train: not a whole Parquet file: .*see its format"),
        ("parquet", {"text": ["a"], "stras": [1], "id": ["x"]}, "columns.label: .*mean 'stras'"),
        ("parquet", {"text": pa.array([], "string")}, "empty: expected at least one row"),
        (
            "parquet",
            {"text": [1], "stars": [1], "id": ["x"]},
            "columns.text_a: 'text': expected strings, found int64",
        ),
        (
            "parquet",
            {"text": ["a"], "stars": [[1]], "id": ["x"]},
            "columns.label: 'stars': expected strings, numbers or booleans, found list",
        ),
        (
            "parquet",
            {"text": ["A"], "stars": [True], "id": [True]},
            "columns.id: 'id': expected strings or numbers, found bool",
        ),
    ],
)
def test_another_format_is_told(path, format, content, message):
    with pytest.raises(InputError, match=message):
        read(path, content, format=format)


@pytest.mark.parametrize(
    ("kind", "names", "values"),
    [
        ("binary", None, [1, 0]),
        ("binary", ["no", "yes"], [1, 0]),
        ("binary", ["True", "False"], [0, 1]),
        ("classes", ["False", "True"], [1, 0]),
        # Names that are truth values or numbers themselves leave a doubt.
        ("binary", ["true", "false"], None),
        ("binary", ["1", "2"], None),
    ],
)
def test_parquet_holds_truth_values(path, kind, names, values):
    content = {"text": ["A", "B", "C"], "stars": [True, False, None], "id": ["x", "y", "z"]}
    labels = {"kind": kind, "names": names}
    if values is None:
        with pytest.raises(InputError, match="unknown label 'True'"):
            read(path, content, format="parquet", labels=labels)
    else:
        examples = read(path, content, format="parquet", labels=labels)
        assert (column(examples, "label"), examples.unusable) == (values, [(3, "no label")])


def test_parquet_names_the_rows_it_cannot_use(path):
    content = {
        "image": [[0]] * 4,
        "text": pa.array(["A\tB\n", None, "C", "D"]).dictionary_encode(),
        "stars": pa.array([1.0, 0.0, None, 2.0]),
        "id": [7, 8, 9, 10],
    }
    examples = read(path, content, format="parquet")
    assert examples.usable == [{"id": "7", "text_a": "A\tB", "label": 1.0}]
    assert examples.unusable[:2] == [(2, "no text_a"), (3, "no label")]
    assert examples.warnings()[2].startswith("warning: train: row 4: not used: label '2.0'")
