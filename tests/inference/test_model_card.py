"""A card says what the checkpoint, its run and its data know, and shows any text as it is."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml

from mtbert.core.errors import InputError
from mtbert.core.schemas import write_table
from mtbert.core.tasks import read_tasks
from mtbert.inference.model_card import escape, model_card
from mtbert.inference.model_facts import ModelFacts, describe_model
from mtbert.modeling.checkpoint import save_checkpoint
from mtbert.modeling.manifest import TrainingFacts

from tiny import ROOT, model_settings, tiny_model, tiny_tokenizer

RUN = {
    "examples": {"sst": 20, "para": 30},
    "steps": 1234,
    "parameters": {"total": 4567},
    "hardware": "AMD EPYC (AVX2)",
    "precision": {"used": "fp32"},
    "total_seconds": 90.0,
    "joules": {"processor": 7200.0, "gpu": None},
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """A checkpoint in a project; predictions of sst on dev and of para on a labelled test."""
    data = tmp_path_factory.mktemp("project") / "data"
    run = data / "runs/main-1"
    tasks = read_tasks(ROOT / "params.yaml")
    tasks["sst"] = tasks["sst"].model_copy(update={"title": "a | <b>*c*</b>: 'd' - e"})
    model = tiny_model(model_settings())
    training = TrainingFacts(
        **{"strategy": "main", "seed": 1, "epoch": 2, "step": 9, "settings": {"epochs": 3}},
        **{"data_source": "sample, /home/me/secret/tickets", "dev": {"sst_accuracy": 0.75}},
        **{"encoder": "/home/me/secret/all-MiniLM-L6-v2", "dev_examples": dict.fromkeys(tasks, 4)},
    )
    run.mkdir(parents=True)
    tokens = tiny_tokenizer(data)
    settings = {"settings": model.settings, "tasks": tasks, "tokens": tokens}
    save_checkpoint(run / "best", model, training=training, **settings)
    logits = np.eye(5)[[0, 1, 2, 3]].tolist()
    for name, outputs, labels in (
        ("sst-dev", logits, [0.0, 1.0, 2.0, 4.0]),
        ("para-test", [[1.0], [-1.0]], [1.0, 0.0]),
        ("sts-test", [[1.0]], [None]),
    ):
        rows = {"id": [str(i) for i in range(len(labels))], "output": outputs}
        rows["label"] = pa.array(labels, pa.float64())
        write_table(run / "predictions" / f"{name}.parquet", pa.table(rows))
    corpora = {f"{t}/{t}.csv": {"terms": f"terms of {t}"} for t in ("sst", "para", "cfimdb")}
    for path, content in (
        ("logs/main-1/run.json", RUN),
        ("raw/corpora/SOURCE.json", {"source": "sample", "files": corpora}),
    ):
        (data / path).parent.mkdir(parents=True)
        (data / path).write_text(json.dumps(content))
    return ModelFacts(run / "best")


def test_the_metadata_are_those_of_the_hub(facts):
    _, header, _ = model_card(facts, "me/my_model", license="mit").split("---\n", 2)
    data = yaml.safe_load(header)
    assert data["license"] == "mit"
    assert data["library_name"] == "mtbert"
    assert "base_model" not in data
    (model,) = data["model-index"]
    assert model["name"] == "my_model"
    by_split = {result["dataset"]["split"]: result for result in model["results"]}
    assert set(by_split) == {"validation", "test"}, "sts has no labels"
    assert by_split["validation"]["dataset"]["name"] == "a | <b>*c*</b>: 'd' - e"
    accuracy = by_split["validation"]["metrics"][0]
    assert (accuracy["type"], accuracy["value"]) == ("accuracy", 0.75)


def test_the_text_has_the_run_the_data_and_the_limits(facts):
    text = model_card(facts, "me/my_model")
    assert "| sst | dev | accuracy | 0.750 ± " in text
    assert "- energy: processor 2.00 Wh" in text
    assert "- examples: sst 20, para 30; 1,234 updates" in text
    assert "- hardware: AMD EPYC (AVX2), fp32, 1.5 min" in text
    assert "- para: terms of para\n- sts: terms not recorded" in text
    assert "Quora" in text.split("## Limits")[1]
    assert 'mtbert.load("me/my_model")' in text
    assert "secret" not in text
    assert "secret" not in facts.manifest.model_dump_json()
    assert r"sst (a \| \<b\>\*c\*\</b\>: 'd' - e)" in text


def test_the_lines_of_info_are_those_of_the_card(facts):
    lines, text = describe_model(facts).splitlines(), model_card(facts, "me/my_model")
    assert "encoder: all-MiniLM-L6-v2" in lines
    assert [line for line in lines if line.startswith("sst dev: accuracy 0.750 ± ")]
    shown = [f"- {escape(line)}" for line in lines if not line.startswith(("sst dev", "para test"))]
    assert [line for line in shown if line not in text] == []
    assert escape("a\n# b_c") == r"a \# b\_c"


def copied(best, folder, **changes):
    """A checkpoint's mtbert.json and sequences.json elsewhere, its section training changed."""
    folder.mkdir(parents=True)
    shutil.copyfile(best / "sequences.json", folder / "sequences.json")
    content = json.loads((best / "mtbert.json").read_text())
    content["training"] |= changes
    (folder / "mtbert.json").write_text(json.dumps(content))
    return ModelFacts(folder)


def test_a_checkpoint_without_its_run_and_without_quora(facts, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "resolve", lambda _: Path("/model"))
    assert describe_model(facts).splitlines()[0].startswith("sst (a |")
    monkeypatch.undo()
    other = copied(facts.checkpoint, tmp_path / "model", encoder="../client-acme/all-mpnet-base")
    other.manifest.tasks["para"] = other.manifest.tasks["para"].model_copy(update={"title": "x"})
    text = model_card(other, "me/my_model")
    assert "encoder: all-mpnet-base" in text
    assert "Quora" not in text
    assert "energy" not in text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("logs/main-1/run.json", {"steps": 1}, "run.json: examples: required, but not given"),
        ("logs/main-1/run.json", {**RUN, "precision": {}}, "run.json: precision: required"),
        ("raw/corpora/SOURCE.json", {"files": [1]}, "SOURCE.json: files"),
    ],
)
def test_a_broken_file_of_the_run_is_named(facts, tmp_path, name, content, message):
    other = copied(facts.checkpoint, tmp_path / "runs/main-1/best")
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(InputError, match=message):
        model_card(other, "me/my_model")


def test_a_run_from_before_joules_and_settings_of_no_method(facts, tmp_path):
    other = copied(facts.checkpoint, tmp_path / "runs/main-1/best", settings={"sampler": {}})
    (tmp_path / "logs/main-1").mkdir(parents=True)
    old = {key: value for key, value in RUN.items() if key != "joules"}
    (tmp_path / "logs/main-1/run.json").write_text(json.dumps(old))
    lines = describe_model(other).splitlines()
    assert "energy: not measured: no counter could be read" in lines
    assert "settings: sampler {}" in lines
    with pytest.raises(InputError, match=r"training.dev_examples: no entry for sst"):
        _ = copied(facts.checkpoint, tmp_path / "model", dev_examples={}).manifest


def test_nothing_controls_the_terminal():
    assert escape("a\x1b]0;b\u202ec") == r"a\\x1b\]0;b\\u202ec"
