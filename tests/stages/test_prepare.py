"""`python -m stages.prepare` on a small task."""

import json
from pathlib import Path

import pytest

from mtbert.core.errors import InputError
from mtbert.core.schemas import read_table
from stages.prepare import main

PARAMS = """
data: {source: mine, max_bad_share: 0.5, max_characters: 100}
tasks:
  a:
    title: a
    files: {train: a-train.csv, dev: a-dev.csv, test: a-test.csv}
    columns: {id: id, text_a: sentence, label: label}
    labels: {kind: binary}
    predictions: {file: 'p-{split}.csv', column: p}
"""
FILES = {
    "a-train.csv": "\tid\tsentence\tlabel\n0\tx\tA .\t1.0\n1\ty\tB .\t\n2\tz\tC .\t0\n",
    "a-dev.csv": "\tid\tsentence\tlabel\n0\tv\tA .\t1\n",
    "a-test.csv": "0\t\tid\tsentence\n1\t0.0\tw\tA b .\n",
}


@pytest.fixture
def corpora(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(PARAMS)
    Path("mine/a").mkdir(parents=True)
    for name, text in FILES.items():
        Path("mine/a", name).write_text(text)
    return Path("mine")


def test_tables_and_report(corpora, capsys):
    main(corpora, Path("out"), Path("reports/data.json"), Path("params.yaml"))
    train = read_table(Path("out/a/train.parquet")).to_pylist()
    assert [(row["id"], row["label"]) for row in train] == [("x", 1.0), ("z", 0.0)]
    test = {"id": "w", "text_a": "A b .", "text_b": None, "label": None}
    assert read_table(Path("out/a/test.parquet")).to_pylist() == [test]
    report = json.loads(Path("reports/data.json").read_text())
    assert list(report["a"]) == ["train", "dev", "test"]
    assert report["a"]["train"]["unusable"] == [{"line": 3, "reason": "no label"}]
    assert report["a"]["train"]["label_distribution"] == {"0": 1, "1": 1}
    assert report["a"]["test"]["label_distribution"] is None
    assert report["a"]["dev"]["drift"]["rows_of_train"] == 1
    assert "drift" not in report["a"]["train"]
    printed = capsys.readouterr().err
    assert "warning: a-train.csv: line 3: not used: no label" in printed
    assert "warning: a dev differs from train: rows of train; see the report" in printed


@pytest.mark.parametrize(
    ("source", "folder", "shown"),
    [
        ("mine", None, "mine"),
        ("sample", None, "data/sample"),
        ("sample", "~/own", "~/own"),
        ("cs224n", None, "raw/a"),
    ],
)
def test_a_fault_names_the_file_that_was_copied(corpora, source, folder, shown):
    corpora.rename("raw")
    Path("raw/a/a-dev.csv").write_text("\tid\tsentence\tlabel\n0\tv\tA .\t7\n")
    facts = {} if folder is None else {"folder": folder}
    record = {"source": source, "files": {"a/a-train.csv": facts}}
    Path("raw/SOURCE.json").write_text(json.dumps(record))
    with pytest.raises(InputError) as fault:
        main(Path("raw"), Path("out"), Path("data.json"), Path("params.yaml"))
    lines = str(fault.value).splitlines()
    assert lines[0].startswith(f"{shown}/a-dev.csv: 1 of 1 rows")
    assert lines[1].startswith(f"{shown}/a-dev.csv: line 2: label '7'")


def test_a_faulty_file_leaves_nothing(corpora):
    (corpora / "a/a-test.csv").write_text("")
    with pytest.raises(InputError, match=r"a-test\.csv: empty"):
        main(corpora, Path("out"), Path("data.json"), Path("params.yaml"))
    assert not Path("out").exists()
    assert not Path("data.json").exists()
