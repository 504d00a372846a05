"""Tables to predict on are read as the pipeline reads a task's files."""

import gzip

import pandas as pd
import pytest

from mtbert.core.errors import InputError
from mtbert.inference.tables import place_of, read_frame, write_frame

ROWS = [{"text": 'so, "so" it is', "stars": "1"}, {"text": "no", "stars": "0"}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'text,stars\n"so, ""so"" it is",1\nno,0\n'),
        ("a.csv", 'text;stars\nso, "so" it is;1\nno;0\n'),
        ("a.tsv", 'text\tstars\rso, "so" it is\t1\rno\t0\r'),
        ("a.jsonl", '{"text": "so, \\"so\\" it is", "stars": "1"}\n{"stars": "0", "text": "no"}\n'),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_all_formats_give_the_same_frame(tmp_path, name, text, zipped):
    path = tmp_path / (name + ".gz" * zipped)
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    assert read_frame(path).to_dict("records") == ROWS


@pytest.mark.parametrize(
    ("name", "text", "last"),
    [
        ("a.csv", 'text,stars\n"so\nit is",1\n\nno,0\n', "line 5"),
        ("a.jsonl", '{"text": "so"}\n\n{"text": "no"}\n', "line 3"),
        ("a.parquet", None, "row 2"),
    ],
)
def test_a_row_is_called_by_its_line_as_an_editor_counts(tmp_path, name, text, last):
    if text is None:
        pd.DataFrame({"text": ["so", "no"]}).to_parquet(tmp_path / name)
    else:
        (tmp_path / name).write_text(text)
    frame = read_frame(tmp_path / name)
    assert place_of(frame, 1) == place_of(frame[1:], 0) == last
    assert place_of(frame.reset_index(drop=True), 1) == "row 1"


def test_quotes_are_letters_where_they_quote_no_field(tmp_path):
    (tmp_path / "a.tsv").write_text('text\tstars\n"Far" is it\t1\n"No end\t0\n"So"\t0\n')
    assert read_frame(tmp_path / "a.tsv")["text"].tolist() == ['"Far" is it', '"No end', '"So"']


def test_nothing_is_written_into_a_gzipped_table(tmp_path):
    (tmp_path / "a.csv").write_text("text\nno\n")
    frame = read_frame(tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"unknown ending '\.gz'"):
        write_frame(tmp_path / "b.csv.gz", frame)


@pytest.mark.parametrize(("name", "columns"), [(None, ["text"]), ("id", ["text", "id"])])
def test_an_index_is_a_column_if_it_has_a_name(tmp_path, name, columns):
    frame = pd.DataFrame({"text": ["a", "b"]}, index=pd.Index([7, 9], name=name))
    frame.to_parquet(tmp_path / "a.parquet")
    assert read_frame(tmp_path / "a.parquet").columns.tolist() == columns


def test_bytes_are_no_text(tmp_path):
    """A file of which one byte says that its texts are texts, changed: found by benchmarks.fuzz."""
    path = tmp_path / "a.parquet"
    pd.DataFrame({"text": [b"so", b"no"], "label": [1, 0]}).to_parquet(path)
    with pytest.raises(InputError, match="column 'text': expected text or numbers, found bytes"):
        read_frame(path)
