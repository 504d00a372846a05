"""`mtbert init`: what it prints, and wrong inputs, each of which leaves nothing behind."""

import pytest
from typer.testing import CliRunner

from mtbert.cli.main import app
from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml

HEAD = "text,label\n"
ROWS = "".join(f"text {n},{'yes' if n % 2 else 'no'}\n" for n in range(30))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*words):
    result = CliRunner().invoke(app, ["init", *words], catch_exceptions=True)
    if isinstance(result.exception, InputError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_it_prints_what_it_guessed_and_passes_check(here):
    (here / "mine").mkdir()
    (here / "mine" / "a.csv").write_text(HEAD + ROWS)
    printed = init("mine")
    assert "a: text → label (binary: no, yes)\n  head linear, objective binary_cr" in printed
    assert "rows: train 24, dev 6, in mine-split" in printed
    assert "edit params.yaml" in printed
    checked = "params.yaml: every section fits; 30 rows of 2 files read\n"
    assert CliRunner().invoke(app, ["check"]).stdout == checked
    before = (here / "params.yaml").read_bytes()
    with pytest.raises(InputError, match=r"^params\.yaml: exists already"):
        init("mine")
    assert (here / "params.yaml").read_bytes() == before


def test_numbers_of_any_range_get_a_head_that_reaches_them(here):
    (here / "mine").mkdir()
    rows = "".join(f"text {n},{1900 + n * 1.5}\n" for n in range(60))
    (here / "mine" / "a.csv").write_text(HEAD + rows)
    assert "similarity: 1900 to 1989)\n  head linear sigmoid" in init("mine").replace(".0", "")
    assert CliRunner().invoke(app, ["check"]).exit_code == 0
    train = read_yaml(here / "params.yaml")["train"]
    assert train["heads"] == {"a": {"name": "linear", "range": "sigmoid"}}


def test_classes_that_differ_in_capitals_are_warned_of(here):
    (here / "mine").mkdir()
    text = HEAD + ROWS.replace("yes", "Bug").replace("no", "bug")
    (here / "mine" / "a-train.csv").write_text(text)
    (here / "mine" / "a-dev.csv").write_text(text)
    for words in (["init", "mine"], ["check"]):
        warned = CliRunner().invoke(app, words).stderr.splitlines()
        assert len(warned) == 1
        assert warned[0].startswith("warning: a-train.csv: classes 'Bug' (15 rows) and 'bug' (15 ")


def test_check_reads_the_files(here):
    (here / "mine").mkdir()
    for split in ("train", "dev"):
        (here / "mine" / f"a-{split}.csv").write_text(HEAD + ROWS)
    init("mine")
    (here / "mine" / "a-dev.csv").write_text("txt,label\n" + ROWS)
    result = CliRunner().invoke(app, ["check"])
    assert "mine/a-dev.csv: line 1: columns.text_a: unknown column 'text'" in str(result.exception)


def test_git_passes_weights_of_exported_models_by(here):
    (here / "mine").mkdir()
    (here / "mine" / "a.csv").write_text(HEAD + ROWS)
    (here / ".gitignore").write_text("*.onnx\nmine/secret")
    init("mine")
    lines = (here / ".gitignore").read_text().splitlines()
    assert lines[:2] == ["*.onnx", "mine/secret"]
    assert lines[2:] == ["*.whl", ".venv/", "*.onnx.data", "*.safetensors"]


def test_check_names_another_version(here):
    (here / "mine").mkdir()
    (here / "mine" / "a.csv").write_text(HEAD + ROWS)
    init("mine")
    text = (here / "params.yaml").read_text()
    (here / "params.yaml").write_text(text.replace("\nmtbert: ", "\nmtbert: 9"))
    result = CliRunner().invoke(app, ["check"])
    assert "is installed; install that one, or write" in str(result.exception)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "mine: no table here; expected files ending in .csv"),
        ({"a.csv": ""}, "a.csv: empty"),
        ({"a.csv": HEAD}, "a.csv: empty: expected a header line and at least one row"),
        ({"a.csv": HEAD + "so,x\nno,x\n"}, "expected at least two labels, found 'x' alone"),
        ({"a.csv": "text\nso\nno\n"}, "found one with a name, 'text'"),
        ({"a.csv": (HEAD + "café,x\n").encode("latin-1")}, "line 2: invalid UTF-8"),
        ({"a.csv": (HEAD + ROWS).encode("utf-16")}, "line 1: invalid UTF-8"),
        ({"a.csv": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"}, "line 1: "),
        ({"a.csv": HEAD + "so,x,y\n"}, "line 2: expected 2 fields, found 3"),
        ({"a.csv": HEAD + ROWS + ",yes\n"}, "column 'text': no text in line 32; remove such rows"),
        ({"a.csv": HEAD + ROWS + "so,\n"}, "column 'label': no label in line 32"),
        ({"a.csv": "id," + HEAD + "1,so,x\n1,no,y\n"}, "id '1' in line 2 and line 3"),
        ({"a.csv": "text,note\n" + ROWS.replace("no", "text,")}, "line 2: expected 2 fields"),
        ({"a.csv": "text,note\nso,it\nno,is\n"}, "no column of labels"),
        ({"a.csv": HEAD + "a,b\nc,d\ne,f\n"}, "3 labels in 3 rows"),
        ({"a b.csv": HEAD + ROWS}, "rename a file: .*found 'a b.csv'"),
        ({"a;touch x.csv": HEAD + ROWS}, "rename a file: .*found 'a;touch x.csv'"),
        ({"a.csv": HEAD + ROWS, "a-train.csv": HEAD + ROWS}, "both are the train file"),
        ({"a-dev.csv": HEAD + ROWS}, "no file to train on beside it"),
        ({"a.csv": HEAD + ROWS, "a-dev.csv": "text\nso\n"}, "a-dev.csv: .*column 'label'"),
        ({"a.parquet": b"PAR1"}, "not a whole Parquet file"),
        ({"a.jsonl": "[1]\n"}, "line 1: expected an object"),
    ],
)
def test_wrong_files_are_named_and_nothing_is_written(here, files, message):
    (here / "mine").mkdir()
    for name, content in files.items():
        path = here / "mine" / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message):
        init("mine")
    assert [path.name for path in here.iterdir()] == ["mine"]


def test_an_encoder_that_does_not_exist_leaves_nothing(here):
    (here / "mine").mkdir()
    (here / "mine" / "a.csv").write_text(HEAD + ROWS)
    with pytest.raises(InputError, match=r"encoder\.pretrained: unknown encoder 'brt'"):
        init("mine", "--encoder", "brt")
    assert [path.name for path in here.iterdir()] == ["mine"]


def test_columns_and_labels_may_have_any_signs(here):
    (here / "mine").mkdir()
    text = HEAD.replace("text", "$(touch x) ${y}") + ROWS.replace("yes", "it's; `touch x`")
    (here / "mine" / "a.csv").write_text(text)
    assert "$(touch x) ${y} → label" in init("mine")
