"""Course files: their quirks, and every kind of row and file that cannot be used."""

import pytest
from corpora.reading import column, task
from corpora.reading import read as read_file

from mtbert.core.errors import InputError
from mtbert.corpora.parsing import QuotingError
from mtbert.corpora.summary import summarize_split
from mtbert.corpora.validation import Data, Examples, read_task

HEAD = b"\tid\tone\ttwo\tscore\n"
GOOD = b"7\tgood\tA man .\tA woman .\t1.0\n"
COLUMNS = {"id": "id", "text_a": "one", "text_b": "two", "label": "score"}
PAIRS = task(columns=COLUMNS)
NAMED = {"kind": "classes", "names": ["bad", "so so", "good"]}
STARS = {"kind": "classes", "names": ["1", "2", "3"]}
GRADES = {"kind": "similarity", "low": 0, "high": 5}


def read(path, content, of=PAIRS, **options):
    return read_file(path, content, of, **options)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "train.csv"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"7\tx\tA .\tB .\n", "expected 5 fields, found 4"),
        (b"7\tx\tA .\tB .\t1\t\n", "expected 5 fields, found 6"),
        (b"7\t\tA .\tB .\t1\n", "no id"),
        (b"7\tx\t \tB .\t1\n", "no text_a"),
        (b"7\tx\tA .\t\t\n", "no text_b and no label"),
        (b"7\tx\tA .\tB .\tyes\n", "label 'yes' is not allowed; expected a whole number from 0"),
        (b"7\tx\tA .\tB .\t0.5\n", "label '0.5' is not allowed; expected a whole number from 0"),
        (b"7\tx\tA .\tB .\t2\n", "label '2' is not allowed; expected a whole number from 0 to 1"),
        (b"7\tx\tA .\tB .\tnan\n", "label 'nan' is not allowed"),
        (b"7\tx\tA .\tB .\tinf\n", "label 'inf' is not allowed"),
        (b"7\tx\tA\0 .\tB .\t1\n", "NUL byte"),
        (b"7\tx\tA \xff\tB .\t1\n", "invalid UTF-8 at byte 7 of line 3"),
        (b"7\tx\tA" + b"a" * 40 + b"\tB .\t1\n", "text_a has 41 characters, more than"),
        (b"7\tgood\tA .\tB .\t1\n", "id good is already in line 2"),
        (b"7\tx\tA\rB\tB .\t1\n", "not tab-separated text"),
    ],
)
def test_an_unusable_row_is_named(path, row, reason):
    last = GOOD.replace(b"good", b"last")
    examples = read(path, HEAD + GOOD + row + last)
    assert column(examples, "id") == ["good", "last"]
    assert [line for line, _ in examples.unusable] == [3]
    assert reason in examples.unusable[0][1]
    assert examples.rows == 3


def test_texts_come_out_as_the_course_reads_them(path):
    row = b'7\tx\t" """"""Why , """"he"""" asked ."\t  It\'s "so"  .  \t1\n'
    examples = read(path, HEAD + row)
    assert column(examples, "text_a") == ['"""Why , ""he"" asked .']
    assert column(examples, "text_b") == ['It\'s "so"  .']


def test_a_stray_quote_loses_no_row_silently(path):
    rows = [b"%d\tid%d\tA .\tB .\t1\n" % (n, n) for n in range(6)]
    rows[1] = b'1\tid1\t"A .\tB .\t1\n'
    rows[3] = b'3\tid3\t"A ."\tB .\t1\n'
    with pytest.raises(QuotingError, match=r"line 3: a field opens .* quoting: false .* true"):
        read(path, HEAD + b"".join(rows))
    examples = read(path, HEAD + b"".join(rows), task(columns=COLUMNS, quoting=True))
    assert column(examples, "id") == ["id0", "id4", "id5"]
    assert [line for line, _ in examples.unusable] == [3, 4, 5]
    assert "not tab-separated text" in examples.unusable[0][1]
    assert examples.rows == 6
    rows[3] = b'3\tid3\tA .\tB "\t1\n'
    rows[5] = b'5\tid5\t"A\nB ."\tB .\t1\n'
    examples = read(path, HEAD + b"".join(rows))
    assert column(examples, "id") == ["id0", "id4", "id5"]
    assert "a quote that opens in line 3 swallows the text up to line 5" in examples.unusable[0][1]


@pytest.mark.parametrize(
    "content",
    [
        b"\tid\tone\n0\tx\tA .\n",
        b"0\t\tid\tone\n1\t0.0\tx\tA .\n",
        b"id\tone\n0\tx\tA .\n",
        b"id\tone\n0\t0.0\tx\tA .\n",
        b"\xef\xbb\xbfid\tone\r\nx\tA .\r\n\r\n",
    ],
)
def test_index_columns_are_passed_over(path, content):
    examples = read(path, content, task(), split="test")
    assert examples.usable == [{"id": "x", "text_a": "A ."}]
    assert examples.unusable == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty: expected a header line and at least one row"),
        (HEAD, "empty: expected a header line and at least one row"),
        (b"\tid\tone\ttwo\tscor\n" + GOOD, "columns.label: unknown column 'score'; .* 'scor'"),
        (b"\tid\tone\tone\tscore\n" + GOOD, "columns.text_a: expected one column 'one', found 2"),
        (b"\xff\xfe\0" + HEAD + GOOD, "line 1: .*expected a tab-separated header in UTF-8"),
        (HEAD + GOOD.replace(b"1.0", b""), "1 of 1 rows .* none is left; .*\n.*2: no label$"),
    ],
)
def test_a_faulty_file_stops_the_run(path, content, message):
    with pytest.raises(InputError, match=message):
        read(path, content)


def test_a_test_file_may_have_labels_in_some_rows(path):
    blank, wrong = GOOD.replace(b"1.0", b" "), GOOD.replace(b"1.0", b"7")
    rows = GOOD + blank.replace(b"good", b"blank") + wrong.replace(b"good", b"wrong")
    examples = read(path, HEAD + rows, split="test")
    assert column(examples, "id") == ["good", "blank"]
    assert column(examples, "label") == [1.0, None]
    assert [line for line, _ in examples.unusable] == [4]


def test_minus_one_in_a_test_file_is_a_hidden_label(path):
    rows = GOOD.replace(b"1.0", b"-1")
    examples = read(path, HEAD + rows + rows.replace(b"good", b"x"), split="test")
    assert column(examples, "label") == [None, None]
    note = "warning: train.csv: the label -1 of 2 rows stands for none"
    assert examples.warnings() == [note]
    low = task(columns=COLUMNS, labels={"kind": "similarity", "low": -1, "high": 1})
    assert column(read(path, HEAD + rows, low, split="test"), "label") == [-1.0]
    with pytest.raises(InputError, match="label '-1' is not allowed"):
        read(path, HEAD + rows)


def test_the_share_of_unusable_rows_is_limited(path):
    content = HEAD + GOOD + GOOD + GOOD.replace(b"good", b"x") + GOOD.replace(b"good", b"y")
    assert len(read(path, content, share=0.25).usable) == 3
    with pytest.raises(InputError, match=r"1 of 4 rows \(25.00%\) .* data.max_bad_share is 0.24"):
        read(path, content, share=0.24)


def test_an_id_is_used_once_in_a_split(tmp_path):
    (tmp_path / "train.csv").write_bytes(HEAD + GOOD)
    (tmp_path / "dev.csv").write_bytes(HEAD + GOOD + GOOD)
    data = Data(source="x", max_bad_share=0.5, max_characters=40)
    splits = dict(read_task(tmp_path, "pairs", PAIRS, data))
    assert column(splits["train"], "id") == column(splits["dev"], "id") == ["good"]
    assert splits["dev"].unusable == [(3, "id good is already in line 2")]
    strict = data.model_copy(update={"max_bad_share": 0.4})
    with pytest.raises(
        InputError, match=r"is already in line 2\ncolumns\.id may be left out where"
    ):
        dict(read_task(tmp_path, "pairs", PAIRS, strict))
    (tmp_path / "dev.csv").unlink()
    with pytest.raises(InputError, match=r"tasks\.pairs: .* unknown file 'dev\.csv'"):
        dict(read_task(tmp_path, "pairs", PAIRS, data))


def test_a_summary_counts():
    rows = [{"text_a": "one two", "label": 0.0}, {"text_a": "one", "label": 5.0}]
    examples = Examples("a.csv", rows, [(3, "no")])
    grades = summarize_split(examples, task(labels=GRADES).labels)
    assert (grades["rows"], grades["usable"]) == (3, 2)
    assert grades["unusable"] == [{"line": 3, "reason": "no"}]
    assert grades["words"] == {"mean": 1.5, "max": 2}
    assert grades["characters"] == {"mean": 5, "max": 7}
    spread = grades["label_distribution"]
    assert (spread["min"], spread["mean"], spread["max"]) == (0, 2.5, 5)
    assert spread["histogram"]["counts"] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert spread["histogram"]["edges"][:2] == [0, 0.5]
    classes = task(labels={"kind": "classes", "names": [*"abcdef"]}).labels
    counts = {"a": 1, "b": 0, "c": 0, "d": 0, "e": 0, "f": 1}
    assert summarize_split(examples, classes)["label_distribution"] == counts


@pytest.mark.parametrize(
    ("labels", "text", "label"),
    [
        (NAMED, "so so", 1),
        (NAMED, "2.0", 2),
        (STARS, "1", 0),
        (STARS, "3.0", 2),
        ({"kind": "binary", "names": ["no", "yes"]}, "yes", 1),
        (GRADES, "4.25", 4.25),
        (GRADES, "5.1", "label '5.1' is not allowed; expected a number from 0 to 5"),
        (NAMED, "god", "unknown label 'god'; did you mean 'good'? (allowed: bad, good, so so)"),
        (NAMED, "3", "unknown label '3' (allowed: bad, good, so so)"),
        # Read as the place of a name, it would silently become the lowest one.
        (STARS, "0", "unknown label '0' (allowed: 1, 2, 3)"),
    ],
)
def test_a_label_is_a_name_or_a_number(path, labels, text, label):
    usable = GOOD.replace(b"1.0", b"2").replace(b"good", b"x")
    rows = GOOD.replace(b"1.0", text.encode()) + (usable if isinstance(label, str) else b"")
    examples = read(path, HEAD + rows, task(columns=COLUMNS, labels=labels))
    if isinstance(label, str):
        assert examples.unusable == [(2, label)]
    else:
        assert column(examples, "label") == [label]


def test_without_ids_rows_are_counted(path):
    columns = {"text_a": "one", "label": "score"}
    rows = b'"A\nB"\t1\nB\t7\n\nC\t0\n'
    examples = read(path, b"one\tscore\n" + rows, task(columns=columns))
    assert column(examples, "id") == ["train-1", "train-3"]
    assert column(examples, "text_a") == ["A\nB", "C"]
    assert examples.unusable[0][0] == 4


def test_ten_warnings_a_file_and_a_count():
    lines = Examples("a.csv", unusable=[(line, "no id") for line in range(2, 15)]).warnings()
    assert lines[0] == "warning: a.csv: line 2: not used: no id"
    assert lines[10] == "warning: a.csv: and 3 more, see the report"
    assert len(lines) == 11
