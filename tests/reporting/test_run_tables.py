"""The runs' files become long tables; a broken file is named."""

import json

import pandas as pd
import pytest

from mtbert.core.errors import InputError
from mtbert.reporting.runs import (
    long_scores,
    read_cosines,
    read_facts,
    read_scores,
    read_steps,
    training_budget,
)

STEPS = """\
step,epoch,loss_sst,loss_para,weight_sst,weight_para,examples_sst,examples_para
1,1,0.0,,1,,8,
2,1,0.4,0.7,1,0.5,8,64
"""
CONFLICTS = """\
step,epoch,first,second,cosine,norm_first,norm_second
2,1,sst,para,,0,1
3,1,sst,para,-0.5,2,1
"""


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "a-b-1"  # names may hold hyphens
    folder.mkdir()
    (folder / "steps.csv").write_text(STEPS)
    (folder / "conflicts.csv").write_text(CONFLICTS)
    (folder / "run.json").write_text('{"settings": {}, "encoder": {"name": "x"}, "seed": 1}')
    measured = {"dev": {"sst": {"accuracy": 0.5, "f1": None}}, "updates": 2, "examples": {"sst": 9}}
    (tmp_path / "a-b-1.json").write_text(json.dumps(measured))
    (tmp_path / "a-b-2.json").write_text("not read")
    return tmp_path


RUNS = [("a-b", 1)]


def all_facts(logs, runs):
    return read_facts(logs, logs, runs)


def test_runs_become_long_tables(logs):
    scores = read_scores(logs, RUNS)
    assert scores.loc[0].tolist() == ["a-b", 1, "dev", "sst", "accuracy", 0.5]
    assert pd.isna(scores.loc[1, "value"])
    (facts,) = all_facts(logs, RUNS).to_dict("records")
    assert facts["encoder.name"] == "x"
    assert (facts["updates"], facts["examples"]) == (2, 9)
    assert not [key for key in facts if key.startswith("settings")]
    steps = read_steps(logs, RUNS)  # a row for each task drawn
    assert steps[["step", "task", "loss", "weight", "examples"]].to_numpy().tolist() == [
        [1, "sst", 0.0, 1, 8],
        [2, "sst", 0.4, 1, 8],
        [2, "para", 0.7, 0.5, 64],
    ]
    cosines = read_cosines(logs, RUNS)
    assert cosines["tasks"].unique().tolist() == ["sst – para"]
    assert pd.isna(cosines.loc[0, "cosine"])
    assert cosines.loc[1, "cosine"] == -0.5


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("steps.csv", None, "no such file"),
        ("steps.csv", b"", "steps.csv"),
        ("steps.csv", b"step\n1\n", "'epoch'"),
        ("steps.csv", STEPS.replace("2,1", "2,x").encode(), "line 3: epoch: .*'x'"),
        ("steps.csv", STEPS.replace("0.7", "none").encode(), "line 3: loss_para: .*'none'"),
        ("steps.csv", STEPS.replace("weight_para", "w").encode(), "'weight_para'"),
        ("steps.csv", STEPS.encode() + b"1,2,3,4,5,6,7,8,9,10\n", "steps.csv"),
        ("steps.csv", b"\xff\n", "steps.csv"),
        ("conflicts.csv", b"step,epoch\n", "'cosine'"),
        ("run.json", b"[]", "run.json"),
        ("../a-b-1.json", b'{"dev": {"sst": 3}}', r"a-b-1\.json: dev: .*3"),
    ],
)
def test_a_broken_file_is_named(logs, name, text, message):
    path = logs / "a-b-1" / name
    path.unlink() if text is None else path.write_bytes(text)
    with pytest.raises(InputError, match=message):
        [read(logs, RUNS) for read in (read_steps, read_cosines, read_scores, all_facts)]


def test_a_metric_is_a_number_or_null():
    measured = {("main", 1): {"dev": {"sst": {"accuracy": {}}}}}
    with pytest.raises(InputError, match=r"^m/main-1\.json: dev: expected metrics by task, found"):
        long_scores(measured, where="m")


def test_a_budget_is_of_whole_numbers():
    measured = {"updates": 3, "examples": {"sst": 5, "sts": 4}}
    assert training_budget(measured, "m.json") == {"updates": 3, "examples": 9}
    assert training_budget({}, "m.json") == {"updates": 0, "examples": 0}
    with pytest.raises(InputError, match=r"^m\.json: sst: expected a whole number, found '5'"):
        training_budget({"examples": {"sst": "5"}}, "m.json")
    with pytest.raises(InputError, match=r"^m\.json: examples: expected a mapping"):
        training_budget({"examples": [5]}, "m.json")
