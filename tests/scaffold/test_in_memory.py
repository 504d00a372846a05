"""Training on DataFrames is what the stages do with the same rows."""

import shutil
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import pytest
from workspace import Interrupted

import mtbert
from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, write_yaml
from mtbert.scaffold.in_memory import _prepare

from tiny import ROOT, saved_weights

WORDS = ["a fine film", "it is dull", "how old are you", "the film is good", "you are old"]
SCRATCH = {"layers": 1, "hidden_size": 16, "heads": 2, "intermediate_size": 16, "dropout": 0.1}


def rows(size, seed):
    drawn = np.random.default_rng(seed).integers(5, size=(2, size))
    first, second = ([WORDS[i] for i in side] for side in drawn)
    alike = (drawn[0] == drawn[1]) * 5.0
    return pd.DataFrame({"first": first, "second": second, "stars": drawn[0], "alike": alike})


FILES = {"train": rows(40, 1), "dev": rows(12, 2), "test": rows(6, 3).drop(columns="stars")}
TASKS = {
    "stars": {
        "columns": {"text_a": "first", "label": "stars"},
        "labels": {"kind": "classes", "count": 5},
    },
    "alike": {
        "columns": {"text_a": "first", "text_b": "second", "label": "alike"},
        "labels": {"kind": "similarity", "low": 0, "high": 5},
    },
}
STRATEGY = {"epochs": 2, "heads": {"stars": {"name": "mlp", "layers": 1}}, "conflicts_every": 2}


@pytest.fixture
def scratch(monkeypatch, tmp_path):
    """A params file whose encoder from scratch is tiny; gives its content."""
    content = read_yaml(ROOT / "params.yaml")
    content["encoder"]["scratch"] |= SCRATCH
    (tmp_path / "shipped").mkdir()
    write_yaml(tmp_path / "shipped" / "params.yaml", content)
    monkeypatch.setattr("mtbert.scaffold.in_memory.PROJECT", tmp_path / "shipped")
    monkeypatch.chdir(tmp_path)
    return content


def run_stages(content, folder):
    """Write files and params.yaml as a project has them, and run its stages."""
    from stages import download, plan, prepare, tokenize, train

    for split, frame in FILES.items():
        for task in TASKS:
            (folder / "corpora" / task).mkdir(parents=True, exist_ok=True)
            frame.to_csv(folder / "corpora" / task / f"{split}.csv", index=False)
    files = {split: f"{split}.csv" for split in FILES}
    entries = {name: {**entry, "format": "csv", "files": files} for name, entry in TASKS.items()}
    del content["augment"], content["lexicons"]
    content |= {"tasks": entries, "strategies": {"main": STRATEGY}}
    content["train"] |= {
        **{"tasks": [*TASKS], "encoding": {"alike": "siamese"}, "examples": {}, "resampling": {}},
        "heads": {"stars": "linear", "alike": "cosine"},
        "objectives": {"stars": "cross_entropy", "alike": "squared_error"},
        "batch_size": {"stars": 16, "alike": 16},
    }
    params = folder / "params.yaml"
    write_yaml(params, content)
    download.main(download.Resource.encoder, folder / "encoder", params)
    prepare.main(folder / "corpora", folder / "text", folder / "text.json", params)
    tokenize.main(*(folder / name for name in ("text", "encoder", "tokens", "tokens.json")), params)
    plan.main(*(folder / name for name in ("tokens", "encoder", "plans", "tasks.yaml")), params)
    train.main(folder / "plans/main.yaml", 3, folder / "run", folder / "log", params=params)
    return folder / "run"


def test_weights_and_predictions_are_those_of_the_pipeline(scratch, tmp_path):
    tasks = {name: {**entry, "files": FILES} for name, entry in TASKS.items()}
    model = mtbert.train(tasks, STRATEGY, seed=3, out=tmp_path / "out")
    expected = run_stages(scratch, tmp_path / "project")
    ours = tmp_path / "out/runs/main-3"
    weights = saved_weights(ours / "best")
    assert weights.keys() == saved_weights(expected / "best").keys()
    for name, value in saved_weights(expected / "best").items():
        np.testing.assert_array_equal(weights[name], value, err_msg=name)
    written = sorted(path.name for path in (expected / "predictions").iterdir())
    assert written == [
        f"{task}-{split}.parquet" for task in sorted(TASKS) for split in ("dev", "test")
    ]
    for name in written:
        ids, other = (pd.read_parquet(at / "predictions" / name) for at in (ours, expected))
        pd.testing.assert_frame_equal(ids, other)
    assert (tmp_path / "out/logs/main-3/run.json").is_file()
    assert model.tasks["alike"].columns.text_b == "second"
    with pytest.raises(InputError, match="main-3: exists already; give another folder or seed"):
        mtbert.train(tasks, STRATEGY, seed=3, out=tmp_path / "out")


def test_a_temporary_model_is_kept_by_save(scratch, tmp_path):
    path = tmp_path / "train.csv"
    FILES["train"].to_csv(path, index=False)
    tasks = {"stars": {**TASKS["stars"], "files": {"train": path, "dev": FILES["dev"]}}}
    model = mtbert.train(tasks, {"steps": 1})
    predicted = model.predict("stars", WORDS)
    model.save(tmp_path / "kept")
    temporary = model._folder.parents[2]
    assert temporary.is_dir()
    del model
    assert not temporary.exists()
    assert mtbert.load(tmp_path / "kept").predict("stars", WORDS) == predicted


@pytest.mark.parametrize(
    ("task", "strategy", "message"),
    [
        ({}, {"smapler": "anneal"}, "^strategy: unknown key 'smapler'; did you mean 'sampl"),
        (
            {"columns": {"text_a": "frst", "label": "stars"}},
            {},
            "^tasks.stars.files.train: unknown ",
        ),
        (
            {"files": {"train": FILES["train"]}},
            {},
            "^tasks.stars.files: a task needs train and dev",
        ),
        ({"files": None}, {}, "^tasks.stars.files: expected rows of train and dev, found None"),
        ({"labels": {"kind": "binary"}}, {}, "label '2' is not allowed; expected a whole number"),
    ],
)
def test_what_does_not_fit_is_refused(scratch, task, strategy, message):
    with pytest.raises(InputError, match=message):
        mtbert.train({"stars": {**TASKS["stars"], "files": FILES, **task}}, strategy)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "^seed: input should be greater than or equal to 0, found -1"),
        ({"seed": "a"}, "^seed: input should be a valid integer, found 'a'"),
        ({"strategy": ["epochs"]}, r"^strategy: .*found \['epochs'\]"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        mtbert.train({"stars": TASKS["stars"]}, **arguments)


def test_a_failed_run_is_resumed_or_leaves_nothing(scratch, tmp_path, monkeypatch, capsys):
    tasks = {"stars": {**TASKS["stars"], "files": FILES}}
    whole = mtbert.train(tasks, {"steps": 4}, seed=1).predict("stars", WORDS)

    with monkeypatch.context() as patched:
        patched.setattr("mtbert.experiments.train.Resuming", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            mtbert.train(tasks, {"steps": 4}, seed=1, out="out")
    assert not Path("out/runs/main-1").exists()
    model = mtbert.train(tasks, {"steps": 4}, seed=1, out="out")
    assert "resumes after step 2" in capsys.readouterr().out
    assert model.predict("stars", WORDS) == whole
    shutil.rmtree("out/runs/main-1")
    with pytest.raises(InputError, match=r"^out/logs/main-1: exists already"):
        mtbert.train(tasks, {"steps": 4}, seed=1, out="out")


def test_a_diverged_run_says_what_is_kept(scratch, monkeypatch):
    made = []
    monkeypatch.setattr(
        "mtbert.scaffold.in_memory.mkdtemp", lambda: made.append(mkdtemp()) or made[0]
    )
    tasks = {"stars": {**TASKS["stars"], "files": FILES}}
    rates = {"learning_rate": 1e30, "head_learning_rate": 1e30, "warmup": 0.0, "steps": 1}
    with pytest.raises(InputError, match="are NaN or inf") as error:
        mtbert.train(tasks, rates)
    assert "kept" not in str(error.value)
    assert not Path(made[0]).exists()
    with pytest.raises(InputError, match=r"kept until the next run: \S*/before_stop"):
        mtbert.train(tasks, rates, out="out")
    assert list(Path("out/runs/.unfinished/main-1").glob("before_stop/mtbert.json"))


def test_batch_sizes_and_metrics_are_those_that_init_proposes(tmp_path, monkeypatch):
    rare = pd.DataFrame({"text": ["a", "b", "c", "d"] * 1250, "label": [0, 1, 2, 2] * 1250})
    monkeypatch.setattr("mtbert.scaffold.labels.RARE", 0.8)
    entry = {"columns": {"text_a": "text", "label": "label"}}
    entry |= {"labels": {"kind": "classes", "count": 3}, "files": {"train": rare, "dev": rare}}
    plan, tasks = _prepare(tmp_path, {"rare": entry}, {}, "scratch", 16)
    assert plan.train.batch_size == {"rare": 32}
    assert tasks["rare"].main_metric == plan.metrics["rare"] == "macro_f1"
