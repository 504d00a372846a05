"""The same rows from comma-separated text and from Parquet, and what is wrong with others."""

import csv
import gzip
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpora.reading import column, task
from corpora.reading import read as read_file

from mtbert.core.errors import InputError
from mtbert.core.tasks import FileFormat
from mtbert.corpora.detection import detect_format
from mtbert.corpora.validation import Data, read_split

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
    examples = read(path, HEAD + b"".join(rows), format="csv", quoting=True)
    assert column(examples, "id") == ["id0", "id4", "id5"]
    assert [line for line, _ in examples.unusable] == [3, 4, 5]
    assert "not comma-separated text" in examples.unusable[0][1]


@pytest.mark.parametrize(
    ("format", "content", "message"),
    [
        (
            "tsv",
            HEAD + b"a,1,x\n",
            r"line 1: columns.id: .* format: tsv, should it be format: csv\?",
        ),
        ("csv", b"text\tstars\tid\na\t1\tx\n", r"format: csv, should it be format: tsv\?"),
        ("csv", b"text;stars;id\na;1;x\n", r"format: csv, should it be delimiter: ';'\?"),
        ("jsonl", HEAD, "train: line 1: Expecting value.*; expected a JSON object in each line"),
        ("csv", b"\x1f\x8b" + HEAD, "train: not a whole gzip file"),
        ("tsv", {"text": ["a"]}, "a Parquet file; expected text, or format: parquet"),
        ("parquet", HEAD + b"a,1,x\n", "train: not a whole Parquet file: "),
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


NUMBERED = {"id": 2, "text_a": 0, "label": "1"}
LINES = (
    '{"text": "A", "stars": 1.0, "id": 7, "tags": []}\n\n{"id": 8, "stars": false, "text": "B"}\n'
)


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        (b"text;stars;id\nA;1;7\nB;0;8\n", {"format": "csv", "delimiter": ";"}),
        (b"text|stars|id\nA|1|7\nB|0|8\n", {"delimiter": "|"}),
        (b"text\tstars\tid\rA\t1\t7\rB\t0\t8\r", {}),
        (b"A,1,7\nB,0,8\n", {"format": "csv", "header": False, "columns": NUMBERED}),
        (gzip.compress(HEAD + b"A,1.0,7\nB,0.0,8\n", mtime=0), {"format": "csv"}),
        (LINES.encode(), {"format": "jsonl"}),
        (gzip.compress(LINES.encode(), mtime=0), {"format": "jsonl"}),
    ],
)
def test_the_same_rows_from_each_format(path, content, keys):
    examples = read(path, content, **({"format": "tsv"} | keys))
    rows = [("7", "A", 1.0), ("8", "B", 0.0)]
    assert [(row["id"], row["text_a"], row["label"]) for row in examples.usable] == rows
    assert (examples.unusable, examples.notes) == ([], [])


def test_quotes_that_are_letters_stay_where_the_task_says_so(path):
    content = b'text\tstars\tid\n"Far" is it\t1\t7\n"So"\t0\t8\n"No end\t0\t9\n'
    with pytest.raises(InputError, match=r"train: line 2: a field opens with .* quoting: false"):
        read(path, content, format="tsv")
    examples = read(path, content, format="tsv", quoting=False)
    assert column(examples, "text_a") == ['"Far" is it', '"So"', '"No end']


def test_without_a_header_further_fields_are_told(path):
    columns = {"text_a": 1, "label": 0}
    content = b"1\tA\n0\tB\tseen at\n1\tC\n0\n"
    examples = read(path, content, format="tsv", header=False, columns=columns)
    assert column(examples, "text_a") == ["A", "B", "C"]
    assert examples.unusable == [(4, "expected 2 fields, found 1")]
    assert examples.notes == ["1 rows have more than 2 fields: not read"]
    with pytest.raises(InputError, match=r"no column '0' in the header .* needs header: false"):
        read(path, content, format="tsv", columns=columns)


def test_a_faulty_json_line_costs_that_line_alone(path):
    lines = LINES + '{"text": ["A"], "stars": 1, "id": 9}\n[1]\n{"text"\n{"stars": 1, "id": 5}\n'
    examples = read(path, lines.encode(), format="jsonl")
    assert column(examples, "id") == ["7", "8"]
    reasons = ["expected a text or a number, found \\['A'\\]", "expected an object", "Expecting"]
    reasons.append("no text_a")
    for (line, reason), (number, words) in zip(
        examples.unusable, enumerate(reasons, start=4), strict=True
    ):
        assert line == number
        assert re.search(words, reason)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"format": "jsonl", "quoting": False}, "quoting is for tsv and csv, found format jsonl"),
        ({"format": "parquet", "header": False}, "header is for tsv and csv, found format parquet"),
        ({"delimiter": '"'}, "no quote and no line end"),
        ({"delimiter": "ab"}, "at most 1 character"),
    ],
)
def test_options_that_cannot_be_are_refused(keys, message):
    with pytest.raises(InputError, match=message):
        task(**keys)


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.csv", HEAD, {"format": "csv"}),
        ("a.csv", b"text;stars\nso, so;1\nno;2\n", {"format": "csv", "delimiter": ";"}),
        ("a.csv", b"\tid\tone\n0\t0.0\tx\tA , b .\n", {"format": "tsv"}),
        (
            "a.csv.gz",
            gzip.compress(b"x;1\nso, so;2\n", mtime=0),
            {"format": "csv", "delimiter": ";"},
        ),
        ("a.tsv", b"text\tstars\n", {"format": "tsv"}),
        ("A.JSONL.gz", b"", {"format": "jsonl"}),
        ("a.parquet", b"PAR1", {"format": "parquet"}),
    ],
)
def test_a_format_is_detected(tmp_path, name, content, options):
    (tmp_path / name).write_bytes(content)
    assert detect_format(tmp_path / name) == FileFormat(**options)


def test_a_parquet_file_of_broken_texts_is_refused(path):
    broken = pa.array([b"x", b"\xff"]).view(pa.string())
    pq.write_table(pa.table({"text": broken, "stars": [0, 1]}), path)
    with pytest.raises(InputError, match=r"not a whole Parquet file: .*UTF8"):
        read(path, path.read_bytes(), format="parquet")


def test_a_file_that_unpacks_to_far_more_is_not_read(path, monkeypatch):
    packed = gzip.compress(HEAD + b"A,1.0,7\n" * 10_000, mtime=0)
    monkeypatch.setattr("mtbert.corpora.parsing.SMALL", 1000)
    limit = 1000 + 100 * len(packed)
    assert limit < 80_000
    with pytest.raises(InputError, match=f"^{path}: unpacks to more than {limit:,} bytes"):
        read(path, packed, format="csv")


@pytest.mark.parametrize("name", ["a,b", "a\nb", "a\x1bb"])
def test_an_id_that_no_submission_file_can_hold_is_refused(path, name):
    columns = {"text": ["a", "b"], "stars": [0, 1], "id": ["x", name]}
    assert column(read(path, columns, format="parquet"), "id") == ["x", name]
    with pytest.raises(InputError, match=rf"row 2: id {re.escape(repr(name))}: submission files"):
        read_file(path, path.read_bytes(), task(format="parquet", columns=COLUMNS), split="dev")


def test_other_readers_of_csv_keep_their_limit(path):
    before = csv.field_size_limit()
    of = task(format="csv", columns=COLUMNS)
    path.write_bytes(HEAD + b"a,1,x\n")
    read_split(path, of, Data(source="x", max_bad_share=0, max_characters=10**6), split="train")
    assert csv.field_size_limit() == before
