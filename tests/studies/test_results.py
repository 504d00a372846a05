"""Finished runs join a study's kept tables: the newest wins, and nothing is mixed."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, write_yaml
from mtbert.core.schemas import write_table
from mtbert.studies.fingerprint import fingerprint
from mtbert.studies.results import merge_runs, missing_runs, read_results, run_names

from tiny import ROOT

STUDY = {
    **{"title": "t", "overall": "mean", "train": {}, "strategies": {"a": {}, "b-c": {}}},
    **{"printed": {}, "choices": {}, "seeds": [1]},
    "more_seeds": {"experiments": ["b-c"], "seeds": [2]},
    "most_seeds": {"experiments": [], "seeds": [3]},
}
LABELS = [0.0, 1.0, 1.0]
CONFLICTS = """\
step,epoch,first,second,cosine,norm_first,norm_second
1,1,sst,para,-0.1,1,1
2,1,sst,para,0.2,1,1
3,1,sst,para,,0,1
"""
PARAMS = Path("params.yaml")
DATA = Path("it/data")


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study's file, with the plans of its experiments."""
    monkeypatch.chdir(tmp_path)
    for folder in ("plans", "metrics", "logs"):
        (DATA / folder).mkdir(parents=True)
    budgets = read_yaml(ROOT / "studies" / "params.yaml")["budgets"]
    write_yaml(PARAMS, {"budget": "smoke", "budgets": budgets})
    write_yaml(Path("it/params.yaml"), STUDY)
    plan("a", epochs=1)
    plan("b-c", epochs=1)
    return Path("it/params.yaml")


def plan(name, *, epochs):
    write_yaml(DATA / f"plans/{name}.yaml", {"train": {"epochs": epochs}})


def finish(run, *, accuracy=0.5, labels=LABELS):
    """What `train` and `evaluate` leave of a run of the present plan."""
    facts = {
        **{"encoder": {"name": "../shared/tiny"}, "data_source": "sample", "hardware": "a CPU"},
        **{"precision": {"used": "fp32"}, "versions": {"mtbert": "1"}, "total_seconds": 2.5},
        "settings": read_yaml(DATA / f"plans/{run.rpartition('-')[0]}.yaml")["train"],
    }
    logs = DATA / "logs" / run
    logs.mkdir(exist_ok=True)
    (logs / "run.json").write_text(json.dumps(facts))
    (logs / "conflicts.csv").write_text(CONFLICTS)
    table = {"id": ["x", "y", "z"], "label": labels, "prediction": [1.0, 1.0, accuracy]}
    write_table(DATA / f"predictions/{run}/sst-dev.parquet", pa.table(table))
    scores = {"sst": {"accuracy": accuracy, "matthews": None}}
    measured = {"dev": scores, "updates": 3, "examples": {"sst": 24, "para": 8}}
    (DATA / f"metrics/{run}.json").write_text(json.dumps(measured))


def kept_runs(study):
    return run_names(read_results(study).runs).tolist()


def test_a_finished_run_is_kept_at_once_and_others_stay_missing_runs(study):
    assert missing_runs(study) == [("a", 1), ("b-c", 1), ("b-c", 2)]
    assert merge_runs(study, PARAMS) == []
    finish("b-c-2")
    assert merge_runs(study, PARAMS) == ["b-c-2"]
    kept = read_results(study)
    line = kept.runs.iloc[0].to_dict()
    assert line == {
        **{"strategy": "b-c", "seed": 2, "budget": "smoke", "updates": 3, "examples": 32},
        **{"cosines": 2, "negative": 1, "seconds": 2.5, "encoder": "tiny", "data": "sample"},
        **{"hardware": "a CPU", "precision": "fp32", "version": "1"},
        "fingerprint": fingerprint({"train": {"epochs": 1}}),
    }
    assert list(kept.predictions["sst"]) == ["id", "label", "b-c-2"]
    score = kept.scores.set_index("metric")["value"]
    assert score["accuracy"] == 0.5
    assert pd.isna(score["matthews"])
    assert missing_runs(study) == [("a", 1), ("b-c", 1)]


def test_a_newer_run_replaces_the_kept_one(study):
    finish("a-1")
    finish("b-c-1")
    merge_runs(study, PARAMS)
    (DATA / "metrics/b-c-1.json").unlink()
    finish("a-1", accuracy=0.75)
    assert merge_runs(study, PARAMS) == ["a-1"]
    kept = read_results(study)
    assert run_names(kept.runs).tolist() == ["a-1", "b-c-1"]
    assert sorted(kept.scores["value"].dropna()) == [0.5, 0.75]
    assert kept.predictions["sst"]["a-1"].tolist() == [1.0, 1.0, 0.75]
    files = sorted(Path("it/results").rglob("*.*"))
    before = [path.read_bytes() for path in files]
    merge_runs(study, PARAMS)
    assert [path.read_bytes() for path in files] == before


def test_seeds_of_one_experiment_share_one_plan(study):
    finish("b-c-1")
    merge_runs(study, PARAMS)
    plan("b-c", epochs=2)
    assert merge_runs(study, PARAMS) == []  # the run followed the former plan
    finish("b-c-2")
    with pytest.raises(InputError, match=r"as b-c-1, whose inputs differ \(settings\):"):
        merge_runs(study, PARAMS)
    assert kept_runs(study) == ["b-c-1"]
    merge_runs(study, PARAMS, replace=True)
    assert kept_runs(study) == ["b-c-2"]
    assert list(read_results(study).predictions["sst"]) == ["id", "label", "b-c-2"]


def test_the_inputs_of_kept_runs_are_named_by_digest(study):
    finish("a-1")
    merge_runs(study, PARAMS)
    finish("b-c-1")
    (DATA / "metrics/a-1.json").unlink()
    encoder = {"files": [{"path": "x/data/encoder/config.json", "md5": "1"}]}
    tokens = {"sst": {"train": {"path": "x/train.parquet", "md5": "2"}}}
    path = DATA / "plans/b-c.yaml"
    write_yaml(path, {**read_yaml(path), "encoder": encoder, "tokens": tokens})
    merge_runs(study, PARAMS)
    kept = read_results(study).inputs
    assert kept["strategy"].tolist() == ["a", "b-c", "b-c", "b-c"]
    assert kept["input"].tolist()[1:] == ["encoder/config.json", "settings", "tokens/sst/train"]
    assert kept["md5"].tolist()[1::2] == ["1", "2"]
    tokens["sst"]["train"]["md5"] = "3"
    write_yaml(path, {**read_yaml(path), "tokens": tokens})
    with pytest.raises(InputError, match=r"b-c-1, whose inputs differ \(tokens/sst/train\): "):
        merge_runs(study, PARAMS)


def test_budgets_are_not_mixed(study):
    finish("a-1")
    merge_runs(study, PARAMS)
    write_yaml(PARAMS, {**read_yaml(PARAMS), "budget": "paper"})
    finish("b-c-1")
    (DATA / "metrics/a-1.json").unlink()
    with pytest.raises(InputError, match=r"as a-1, of budget 'smoke', .* is 'paper':"):
        merge_runs(study, PARAMS)
    merge_runs(study, PARAMS, replace=True)
    assert kept_runs(study) == ["b-c-1"]


def test_runs_on_other_examples_are_refused(study):
    finish("a-1")
    merge_runs(study, PARAMS)
    finish("b-c-1", labels=[0.0, 0.0, 1.0])
    with pytest.raises(InputError, match=r"b-c-1/sst-dev.parquet: its dev examples"):
        merge_runs(study, PARAMS)
    assert kept_runs(study) == ["a-1"]


def test_a_broken_table_is_refused(study):
    finish("a-1")
    merge_runs(study, PARAMS)
    path = Path("it/results/runs.csv")
    path.write_text(path.read_text().replace("budget", "budgte", 1))
    with pytest.raises(InputError, match=r"runs.csv: no column 'budget'"):
        read_results(study)


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("studies/*/results/runs.csv")), ids=lambda p: p.parents[1].name
)
def test_committed_tables_belong_together(path):
    kept = read_results(path.parents[1] / "params.yaml")
    names = set(run_names(kept.runs))
    assert len(names) == len(kept.runs)
    assert set(run_names(kept.scores)) == names
    columns = {column for table in kept.predictions.values() for column in table}
    assert columns - names == {"id", "label"}
    assert (kept.runs["budget"] == kept.runs["budget"][0]).all()
    assert set(kept.inputs["strategy"]) == set(kept.runs["strategy"])
    assert (kept.runs.groupby("strategy")["fingerprint"].nunique() == 1).all()


def test_every_study_has_a_folder_of_results():
    """Else `dvc repro claims` fails in a fresh clone: Git keeps no empty folder."""
    studies = [path.parent for path in (ROOT / "studies").glob("*/dvc.yaml")]
    assert len(studies) == 5
    assert [study for study in studies if not (study / "results").is_dir()] == []
