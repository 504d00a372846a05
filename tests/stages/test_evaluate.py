"""`python -m stages.evaluate` on a run of three tasks."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from mtbert.core.errors import InputError
from mtbert.core.schemas import read_table, write_table
from stages.evaluate import main

PLAN = "strategy: main\ntasks: {sst: {}, para: {}, sts: {}}\n"
PARAMS = """
tasks:
  sst:
    title: a
    files: {train: x, dev: y, test: z}
    columns: {id: id, text_a: a, label: b}
    labels: {kind: classes, count: 2}
    predictions: {file: 'sst-{split}.csv', column: Sentiment}
  para:
    title: a
    files: {train: x, dev: y}
    columns: {id: id, text_a: a, text_b: b, label: c}
    labels: {kind: binary}
    predictions: {file: 'para-{split}.csv', column: Paraphrase}
  sts:
    title: a
    files: {train: x, dev: y}
    columns: {id: id, text_a: a, text_b: b, label: c}
    labels: {kind: similarity, low: 0, high: 5}
    predictions: {file: 'sts-{split}.csv', column: Similarity}
"""
DEV = {
    "sst-dev": [[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]],
    "para-dev": [[1.0], [1.0], [-1.0], [-1.0]],
    "sts-dev": [[1.0], [1.0], [0.0], [0.0]],
}
LABELS = [1.0, 1.0, 0.0, 0.0]
STEPS = """\
step,epoch,loss_sst,loss_para,weight_sst,weight_para,examples_sst,examples_para
1,1,0.5,0.6,1,1,16,32
2,1,,0.6,,1,,24
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "tasks.yaml").write_text(PARAMS)
    (tmp_path / "logs").mkdir()
    facts = {"data_source": "sample, /x/own", "encoder": {"name": "google-bert/bert-base-uncased"}}
    (tmp_path / "logs" / "run.json").write_text(json.dumps(facts))
    (tmp_path / "logs" / "steps.csv").write_text(STEPS)
    write("sst-test", [[0.0, 1.0]], [None])
    for name, rows in DEV.items():
        write(name, rows, LABELS)
    return tmp_path


def write(name, rows, labels):
    ids = [f"i{row}" for row in range(len(rows))]
    columns = [pa.array(ids), pa.array(labels, pa.float64())]
    columns.append(pa.array(rows, pa.list_(pa.float32())))
    table = pa.table(columns, names=["id", "label", "output"])
    write_table(Path(f"run/predictions/{name}.parquet"), table)


def evaluate(**options):
    names = ("plan.yaml", "run", "logs", "tasks.yaml", "out", "m.json")
    main(*map(Path, names), **options)  # type: ignore[arg-type]


def test_everything_is_written(folder):
    evaluate()
    measured = json.loads((folder / "m.json").read_text())
    assert measured["updates"] == 2
    assert measured["examples"] == {"sst": 16, "para": 56}
    assert measured["data_source"] == "sample, own"
    assert measured["encoder"] == "bert-base-uncased"
    sst = {"accuracy": 0.75, "macro_f1": 0.7333, "matthews": 0.5774, "calibration_error": 0.0189}
    assert sst.items() <= measured["dev"]["sst"].items()
    assert measured["dev"]["overall"] == {"mean": 0.9167, "leaderboard": 0.9167}
    assert (folder / "out/sst-test.csv").read_text() == "id \t Sentiment \ni0 , 1 \n"
    written = {path.name for path in (folder / "out").iterdir()}
    splits = ("sst-dev", "sst-test", "para-dev", "sts-dev")
    files = {f"{split}.{kind}" for split in splits for kind in ("csv", "parquet")}
    assert written == files | {f"{task}-confusion.csv" for task in ("sst", "para", "sts")}
    assert read_table(folder / "out/sst-test.parquet")["label"].null_count == 1


def test_a_constant_similarity_is_null(folder, capsys):
    write("sts-dev", [[2.0]] * 4, LABELS)
    evaluate()
    scores = json.loads((folder / "m.json").read_text())["dev"]
    assert scores["sts"]["pearson"] is None
    assert "overall" not in scores
    assert "sts dev: pearson" in capsys.readouterr().err


def test_nothing_is_left_half_written(folder):
    write("sts-dev", [[float("nan")]] * 4, LABELS)
    with pytest.raises(InputError, match=r"sts-dev\.parquet: row 0: outputs must be finite"):
        evaluate()
    assert not {"out", "m.json"} & {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("plan.yaml", "tasks: {stss: {}}\n", "plan.yaml: unknown task 'stss'; did you mean 'sts'"),
        ("plan.yaml", "train: {}\n", "plan.yaml: tasks: expected those of the strategy"),
        ("tasks.yaml", "train: {}\n", "tasks.yaml: tasks: expected a mapping"),
        ("logs/run.json", '{"encoder": "bert"}', "run.json: encoder: expected .*, found 'bert'"),
    ],
)
def test_a_plan_and_tasks_that_do_not_fit_are_refused(folder, file, text, message):
    (folder / file).write_text(text)
    with pytest.raises(InputError, match=message):
        evaluate()


def test_a_missing_split_is_named(folder):
    (folder / "run/predictions/sst-test.parquet").unlink()
    with pytest.raises(InputError, match=r"sst-test\.parquet: no such file"):
        evaluate()


def test_a_run_with_other_settings_than_the_plan_is_refused(folder):
    (folder / "plan.yaml").write_text(PLAN + "train: {epochs: 2}\n")
    (folder / "logs/run.json").write_text('{"settings": {"epochs": 2}, "seed": 1}')
    evaluate()
    (folder / "logs/run.json").write_text('{"settings": {"epochs": 3}}')
    with pytest.raises(InputError, match=r"logs/run.json: settings: .*plan.yaml"):
        evaluate()


def test_test_may_be_left_out(folder):
    (folder / "run/predictions/sst-test.parquet").unlink()
    evaluate(test=False)
    assert not list((folder / "out").glob("*test*"))


def test_a_labelled_test_split_is_scored_and_one_without_a_label_is_not(folder):
    write("sst-test", [[0.0, 1.0], [1.0, 0.0]], [1.0, 1.0])
    evaluate()
    measured = json.loads((folder / "m.json").read_text())
    assert list(measured["test"]) == ["sst"]
    assert measured["test"]["sst"]["accuracy"] == 0.5
    write("sst-test", [[0.0, 1.0], [1.0, 0.0]], [1.0, None])
    evaluate()
    assert "test" not in json.loads((folder / "m.json").read_text())
