"""`mtbert predict`, `evaluate` and `info`: texts, lines and tables of any format."""

import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from inference.conftest import save
from typer.testing import CliRunner

import mtbert
from mtbert.cli.main import app
from mtbert.cli.predict import predict_table
from mtbert.core.errors import InputError
from mtbert.core.labels import Classes
from mtbert.inference.model import Prediction
from mtbert.modeling.manifest import CheckpointTask

from tiny import ROOT

TEXTS = ["a fine film", "it is dull, is it", 'the "film"']


@pytest.fixture(scope="module")
def best(tmp_path_factory):
    return save(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def run(best, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(command, *words, input=None):
        result = CliRunner().invoke(app, [command, str(best), *words], input=input)
        if isinstance(result.exception, InputError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout.splitlines()

    return run


def test_a_text_a_pair_and_lines(run, best):
    model = mtbert.load(best)
    label = model.predict("sst", TEXTS[0]).label
    (line,) = run("predict", "sst", TEXTS[0])
    assert line.split("\t")[0] == label
    assert [field.split()[0] for field in line.split("\t")[1:]] == list("01234")
    lines = run("predict", "sst", input="\n".join(TEXTS))
    assert [line.split("\t")[0] for line in lines] == [
        it.label for it in model.predict("sst", TEXTS)
    ]
    (similar,) = run("predict", "sts", "a film", "the film")
    assert run("predict", "sts", input="a film\tthe film\n") == [similar]


@pytest.mark.parametrize("source", ["csv", "tsv", "jsonl", "parquet"])
@pytest.mark.parametrize("target", ["csv", "tsv", "jsonl", "parquet"])
def test_tables_keep_columns_and_order(run, best, source, target):
    frame = pd.DataFrame({"n": ["03", "01", "02"], "text": TEXTS, "more": ["NA", "", "é\nü"]})
    write = {
        "csv": lambda path: frame.to_csv(path, index=False),
        "tsv": lambda path: frame.to_csv(path, index=False, sep="\t"),
        "jsonl": lambda path: frame.to_json(path, orient="records", lines=True),
        "parquet": lambda path: frame.to_parquet(path),
    }
    read = {
        "csv": lambda path: pd.read_csv(path, dtype=str, keep_default_na=False),
        "tsv": lambda path: pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False),
        "jsonl": lambda path: pd.DataFrame(map(json.loads, Path(path).read_text().splitlines())),
        "parquet": pd.read_parquet,
    }
    write[source](f"in.{source}")
    run("predict", "sst", "--file", f"in.{source}", "--column", "text", "--out", f"out.{target}")
    out = read[target](f"out.{target}")
    assert [*out] == [*frame, "prediction", *(f"probability_{name}" for name in range(5))]
    pd.testing.assert_frame_equal(out[[*frame]].astype(str), frame, check_dtype=False)
    labels = [it.label for it in mtbert.load(best).predict("sst", TEXTS)]
    assert out["prediction"].tolist() == labels


def test_the_course_s_own_file_needs_no_columns(run):
    rows = (ROOT / "data/sample/sts-dev.csv").read_text().splitlines()[:1]
    rows += ["0\tx1\ta film\tthe film\t5.0", "1\tx2\tdull\tis it\t0.0", "2\tx3\ta\tb\t2.0"]
    rows += ["3\tx4\tfine\tgood\t4.0"]
    Path("sts.csv").write_text("\n".join(rows) + "\n")
    run("predict", "sts", "--file", "sts.csv", "--out", "out.tsv")
    assert Path("out.tsv").read_text().splitlines()[0] == rows[0] + "\tprediction"
    lines = run("evaluate", "sts", "sts.csv")
    assert lines[0] == "sts: 4 examples"
    assert lines[1].startswith("pearson")
    assert " ± " in lines[1]


def test_info_says_what_it_is(run):
    assert run("info")[0] == "sst (sentiment (SST-5)): texts → classes: 0, 1, 2, 3, 4"


WRONG = {
    "exists": (["--file", "in.csv", "--out", "in.csv", "--column", "t"], "--force overwrites it"),
    "no out": (["--file", "in.csv"], "give both, or neither"),
    "both": (["a", "--file", "in.csv", "--out", "o.csv"], "found texts as arguments"),
    "no file": (["a", "--column", "t"], "--column: needs --file"),
    "column": (["--file", "in.csv", "--out", "o.csv", "--column", "u"], "unknown column 'u'"),
    "three": (
        ["--file", "in.csv", "--out", "o.csv", *["--column", "t"] * 3],
        "--column: at most two, found 3",
    ),
    "ending": (["--file", "in.csv", "--out", "o.xls", "--column", "t"], "unknown ending '.xls'"),
    "taken": (["--file", "taken.csv", "--out", "o.csv", "--column", "t"], "'prediction' already"),
    "row": (["--file", "row.csv", "--out", "o.csv", "--column", "t"], "line 3: .*an empty one"),
    "broken": (["--file", "broken.csv", "--out", "o.csv", "--column", "t"], "line 3: expected 2"),
    "json": (["--file", "a.jsonl", "--out", "o.csv", "--column", "t"], "a.jsonl: .* line 2"),
    "two": (["a", "b"], "expected one text, quoted, found 2 arguments"),
}
FILES = {
    "in.csv": "t\na\n",
    "taken.csv": "t,prediction\na,1\n",
    "row.csv": "t,u\na,1\n,2\n",
    "broken.csv": "t,u\na,1\nb\n",
    "a.jsonl": '{"t": "a"}\n{"t": \n',
}


@pytest.mark.parametrize("use", WRONG)
def test_a_wrong_command_says_what_is_wrong_and_writes_nothing(run, use, tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    words, message = WRONG[use]
    with pytest.raises(InputError, match=message):
        run("predict", "sst", *words)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == FILES


def test_force_overwrites(run, tmp_path):
    (tmp_path / "in.csv").write_text("t\na\n")
    words = ["--file", "in.csv", "--out", "in.csv", "--column", "t", "--force"]
    run("predict", "sst", *words)
    assert (tmp_path / "in.csv").read_text().startswith("t,prediction,probability_0")


@pytest.mark.parametrize("command", ["predict", "evaluate", "info"])
def test_help_has_an_example(command):
    text = CliRunner().invoke(app, [command, "--help"]).stdout
    assert f"mtbert {command} data/runs/main-1/best" in text


def test_many_classes_are_as_many_columns(tmp_path):
    names = [f"c{number}" for number in range(120)]
    labels = Classes(kind="classes", names=tuple(names))
    rows = [Prediction(name, dict.fromkeys(names, 1 / 120)) for name in names[:2]]
    model = SimpleNamespace(
        task=lambda _: CheckpointTask(labels=labels, paired=False, metric="accuracy"),
        examples=lambda _, texts, **__: texts,
        predict_examples=lambda *_: rows,
    )
    frame, out = pd.DataFrame({"t": ["a", "b"]}), tmp_path / "out.csv"
    predict_table(model, "many", frame, {"text_a": "t"}, file=tmp_path / "in.csv", out=out)
    table = pd.read_csv(out)
    assert table["prediction"].tolist() == ["c0", "c1"]
    assert table.shape == (2, 122)
