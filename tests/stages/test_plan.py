"""Every strategy's settings are complete and checked before anything trains."""

import json
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from mtbert.core.errors import InputError
from mtbert.core.params import merge, read_yaml, write_yaml
from mtbert.experiments.plans import file_digest, read_plan, verify
from stages.plan import main

from tiny import ROOT, tiny_config


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("tokens/tokenizer.json", "tokens/sequences.json", "encoder/config.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    (tmp_path / "encoder" / "config.json").write_text(json.dumps(tiny_config()))
    (tmp_path / "encoder" / "SOURCE.json").write_text(json.dumps({"kind": "scratch"}))
    for task in ("sst", "para", "sts", "cfimdb"):
        for split in ("train", "dev", "test"):
            path = tmp_path / "tokens" / task / f"{split}.parquet"
            path.parent.mkdir(exist_ok=True)
            path.write_text(task + split)
    return tmp_path


def plan(inputs, change=lambda params: None):
    params = read_yaml(ROOT / "params.yaml")
    change(params)
    write_yaml(inputs / "params.yaml", params)
    main(*(inputs / name for name in ("tokens", "encoder", "plans", "params.yaml")))
    return {path.stem: read_plan(path) for path in (inputs / "plans").iterdir()}


def put(*keys):
    """Set params[k1][k2]… = value."""
    *path, last, value = keys

    def change(params):
        for key in path:
            params = params[key]
        params[last] = value

    return change


def test_a_plan_is_complete(inputs):
    plans = plan(inputs)
    assert set(plans) == set(read_yaml(ROOT / "params.yaml")["strategies"])
    main_plan = plans["main"]
    recipe = read_yaml(ROOT / "params.yaml")["recipes"]["scratch"]
    assert main_plan.train.epochs == recipe["epochs"]
    assert main_plan.train.learning_rate == recipe["learning_rate"]
    assert set(main_plan.tokens) == set(main_plan.tasks) == {"sst", "para", "sts"}
    assert main_plan.tasks["sts"].paired
    assert not main_plan.tasks["sst"].paired
    assert main_plan.tasks["sts"].labels.bounds == (0.0, 5.0)
    assert type(plans["round_robin"].train.sampler).__name__ == "RoundRobin"


def test_a_name_may_have_hyphens_inside(inputs):
    made = plan(inputs, put("strategies", {"cosine-d3": {}, "1-ll--sts": {}}))
    assert {name: one.strategy for name, one in made.items()} == {
        name: name for name in ("cosine-d3", "1-ll--sts")
    }


def test_a_pretrained_encoder_gets_its_own_recipe(inputs):
    (inputs / "encoder" / "SOURCE.json").write_text(json.dumps({"kind": "pretrained", "name": "x"}))
    recipe = read_yaml(ROOT / "params.yaml")["recipes"]["pretrained"]
    assert plan(inputs)["main"].train.learning_rate == recipe["learning_rate"]


def test_a_plan_depends_on_what_its_strategy_uses_alone(inputs):
    before = plan(inputs)
    (inputs / "tokens" / "cfimdb" / "train.parquet").write_text("other")

    def change(params):
        params["train"]["sampler"] = "sequential"

    after = plan(inputs, change)
    assert before["round_robin"] == after["round_robin"], "names its own sampler"
    assert before["main"] != after["main"]
    assert before["four_tasks"].tokens != after["four_tasks"].tokens


def test_changes_are_laid_over_key_by_key_but_methods_whole():
    base = {"heads": {"a": {"name": "x", "p": 1}, "b": "y"}, "lr": 1}
    changes = {"heads": {"a": {"name": "z"}}, "lr": 2}
    assert merge(base, changes) == {"heads": {"a": {"name": "z"}, "b": "y"}, "lr": 2}


def test_files_that_changed_since_are_noticed(inputs):
    made = plan(inputs)["main"]
    verify(made)
    (inputs / "tokens" / "sst" / "dev.parquet").write_text("edited")
    with pytest.raises(InputError, match=r"dev\.parquet: changed since the plan was made"):
        verify(made)


def rewrite(section, value):
    """Put the section `train` or another through a function."""

    def change(params):
        params[section] = value(params[section])

    return change


@pytest.mark.parametrize(
    "change",
    [
        put("tasks", "sst", "title", "another"),
        put("tasks", "sst", "predictions", {"file": "x-{split}.csv", "column": "X"}),
        put("tasks", "sst", "columns", "text_a", "another"),
        put("train", "batch_size", "cfimdb", 4),
        put("train", "heads", "cfimdb", {"name": "linear", "dropout": 0.5}),
        put("train", "objectives", "sts", {"name": "squared_error"}),
        put("strategies", "main", {"sampler": "all_tasks"}),
        put("strategies", "main", {"tasks": ["sst", "para", "sts"]}),
        put("strategies", "new", {"sampler": "sequential"}),
        put("seeds", [7]),
        rewrite("train", lambda train: dict(reversed(train.items()))),
        rewrite(
            "train",
            lambda train: {
                key: dict(reversed(value.items())) if isinstance(value, dict) else value
                for key, value in train.items()
            },
        ),
        rewrite("tasks", lambda tasks: dict(reversed(tasks.items()))),
    ],
)
def test_what_training_does_not_depend_on_leaves_its_plan_alone(inputs, change):
    plan(inputs)
    before = (inputs / "plans" / "main.yaml").read_bytes()
    plan(inputs, change)
    assert (inputs / "plans" / "main.yaml").read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        put("train", "batch_size", "sst", 4),
        put("train", "tasks", ["para", "sst", "sts"]),
        put("tasks", "sst", "labels", "count", 6),
        put("data", "source", "elsewhere"),
    ],
)
def test_what_training_depends_on_changes_its_plan(inputs, change):
    before = plan(inputs)["main"]
    assert plan(inputs, change)["main"] != before


def test_a_file_is_read_once_however_many_strategies_share_it(inputs, monkeypatch):
    read = []

    def count(path):
        read.append(path)
        return file_digest(path)

    monkeypatch.setattr("mtbert.experiments.plans.file_digest", count)
    assert len(plan(inputs)) > 1
    assert len(read) == len(set(read)) == 2 + 2 + 4 * 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "no such file; `dvc repro` makes it"),
        ("{", "not JSON"),
        ("[]", "expected a mapping of keys, found list"),
        ("{}", "kind: required"),
        ('{"kind": "tiny"}', "unknown kind 'tiny'"),
    ],
)
def test_an_encoder_of_unknown_origin_is_refused(inputs, text, told):
    path = inputs / "encoder" / "SOURCE.json"
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError) as error:
        plan(inputs)
    assert str(error.value).startswith(str(path))
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda params: params.pop("data"), "data.source: expected sample, cs224n or a folder"),
        (put("data", None), "data.source: expected sample, cs224n or a folder, found None"),
        (put("data", "source", 3), "data.source: expected sample, cs224n or a folder, found 3"),
        (put("train", "sampler", "round_robbin"), "train.sampler: unknown sampler 'round_robbin'; did you mean 'round_robin'? (allowed: all_tasks, anneal, proportional, round_robin, sequential, sqrt, temperature, uniform)"),
        (put("train", "sampler", "annealed"), "train.sampler: 'annealed' is now called 'anneal'"),
        (put("train", "maps", "none"), "train: 'maps' is now called 'projections'"),
        (put("strategies", "main", {"untrained": ["sst"]}), "strategies.main: 'untrained' is now called 'evaluation_only'"),
        (put("train", "balancing", "summ"), "unknown balancing 'summ'; did you mean 'sum'?"),
        (put("train", "heads", "sst", "lineer"), "train.heads.sst: unknown head 'lineer'; did you mean 'linear'?"),
        (put("train", "pooling", "men"), "train.pooling: unknown pooling 'men'; did you mean 'mean'?"),
        (put("train", "pooling", {"sts": "men"}), "train.pooling.sts: unknown pooling 'men'; did you mean 'mean'?"),
        (put("train", "pooling", {"sst": "cls"}), "train.pooling.para: required, since tasks lists para"),
        (put("strategies", "main", {"projections": {"sts": {"name": "shared", "task": "cfimdb"}}}), "strategies.main.projections.sts: shares that of 'cfimdb', which is not among the strategy's tasks: sst, para, sts"),
        (put("train", "projections", {"sts": {"name": "layers", "layer": 2}}), "train.projections.sts: unknown key 'layer'; did you mean 'layers'?"),
        (put("train", "adaptation", "lorra"), "train.adaptation: unknown adaptation 'lorra'; did you mean 'lora'?"),
        (put("train", "heads", "para", {"name": "linear", "features": ["u", "abs_dif"]}), "did you mean 'abs_diff'?"),
        (put("train", "heads", "para", {"name": "linear", "logits": 2}), "train.objectives.para: needs one logit, and the head gives 2: take cross_entropy"),
        (put("train", "objectives", "para", "cross_entropy"), "train.objectives.para: needs a logit for each class"),
        (put("train", "objectives", "sst", {"name": "cross_entropy", "weights": [1, 2]}), "train.objectives.sst: weights: expected none, balanced, or 5 numbers above 0"),
        (put("train", "resampling", "sts", "balanced"), "train.resampling.sts: balanced needs classes, found similarity"),
        (put("strategies", "main", {"adaptation": "lora", "layer_decay": 0.9}), "strategies.main.layer_decay: 0.9 is for the encoder's own weights"),
        (put("strategies", "main", {"adaptation": "frozen", "tasks": ["sts"]}), "strategies.main.adaptation: frozen, and neither a head nor a projection has parameters"),
        (put("strategies", "main", {"projections": {"sts": {"name": "shared", "task": "para"}}}), "strategies.main.projections.sts: shares that of 'para', which has none of its own"),
        (put("train", "projections", {"name": "layers", "end_activated": False}), "train.projections: end_activated: false leaves the last of several layers linear"),
        (put("train", "heads", "para", {"name": "linear", "features": ["u", "u"]}), "train.heads.para: features: name at least one, each once"),
        (put("train", "encoding", "sst", "siamese"), "train.encoding.sst: siamese needs a task on pairs"),
        (lambda params: (params["train"]["resampling"].update(sst="balanced"), params["train"]["objectives"].update(sst={"name": "cross_entropy", "weights": "balanced"})), "train.resampling.sst: balanced, and so are objectives.sst.weights"),
        (put("train", "layer_decay", 1.5), "train.layer_decay: input should be less than or equal to 1"),
        (put("train", "tasks", ["sst", "stss"]), "train.tasks: unknown task 'stss'; did you mean 'sts'?"),
        (put("train", "tasks", ["sst", "sst"]), "each task once"),
        (put("train", "tasks", []), "train.tasks"),
        (put("train", "batch_size", "sst", -1), "train.batch_size.sst: input should be greater than 0, found -1"),
        (put("train", "batch_size", "sst", "16"), "train.batch_size.sst: input should be a valid integer, found '16'"),
        (put("train", "batch_size", {"sst": 8}), "train.batch_size.para: required"),
        (put("train", "heads", "imdb", "linear"), "train.heads: unknown task 'imdb'; did you mean 'cfimdb'?"),
        (put("train", "epochs", 0), "train.epochs: input should be greater than 0, found 0"),
        (put("train", "learning_rate", "fast"), "train.learning_rate: input should be a valid number"),
        (put("train", "smapler", "sum"), "train: unknown key 'smapler'; did you mean 'sampler'?"),
        (put("train", "heads", "sst", "cosine"), "train.heads.sst: needs two vectors"),
        (put("train", "objectives", "sst", "squared_error"), "train.objectives.sst: needs labels of kind similarity, found classes"),
        (put("train", "encoding", "sst", "joint"), "train.encoding.sst: joint needs a task on pairs"),
        (put("train", "encoding", "sts", "jiont"), "train.encoding.sts: unknown encoding 'jiont'; did you mean 'joint'?"),
        (put("strategies", "main", {"smapler": 1}), "strategies.main: unknown key 'smapler'; did you mean 'sampler'?"),
        (put("strategies", "round_robin", {"sampler": "robin"}), "strategies.round_robin.sampler: unknown sampler 'robin'"),
        (put("strategies", "main", [1]), "strategies.main: expected changes to train"),
        (put("strategies", "a b", {}), "letters, digits, _ and, inside, - only, found 'a b'"),
        (put("strategies", "a-", {}), "letters, digits, _ and, inside, - only, found 'a-'"),
        (put("strategies", "-a", {}), "letters, digits, _ and, inside, - only, found '-a'"),
        (put("strategies", "_-_", {}), "letters, digits, _ and, inside, - only, found '_-_'"),
        (put("strategies", "../a", {}), "letters, digits, _ and, inside, - only, found '../a'"),
        (put("strategies", {}), "strategies: expected at least one"),
        (put("seeds", [1, 1]), "seeds: at least one, and each seed once, found [1, 1]"),
        (put("seeds", [-1]), "found [-1]"),
        (put("seeds", []), "found []"),
        (put("tasks", "sst", "labels", {"kind": "classes"}), "tasks.sst.labels"),
        (put("recipes", "scratch", {}), "recipes.scratch.epochs: required"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_is_overwritten(inputs, change, told):
    plan(inputs)
    before = {p.name: p.read_bytes() for p in (inputs / "plans").iterdir()}
    with pytest.raises(InputError) as error:
        plan(inputs, change)
    assert told in str(error.value)
    assert str(error.value).startswith(str(inputs / "params.yaml"))
    assert before == {p.name: p.read_bytes() for p in (inputs / "plans").iterdir()}


@pytest.mark.parametrize(
    ("config", "changes", "told"),
    [
        ({"model_type": "electra"}, {"pooling": "pooler"}, "strategies.main.pooling.sst: pooler: an encoder of model_type electra is not known to have one"),
        ({}, {"adaptation": {"name": "pal", "size": 204, "heads": 5}}, "strategies.main.adaptation.heads: must divide size: 204, found 5"),
        ({"model_type": "albert"}, {"adaptation": "pal"}, "strategies.main.adaptation: "),
        ({}, {"adaptation": {"name": "lora", "rank": 25}}, "strategies.main.adaptation: rank: at most the encoder's hidden size 24"),
        ({}, {"pooling": {"para": "max_mean"}, "projections": {"para": "layers", "sts": {"name": "shared", "task": "para"}}}, "strategies.main.projections.sts: shares that of 'para', whose vectors are 48 wide, not 24"),
    ],
)  # fmt: skip
def test_what_the_encoder_does_not_have_is_refused(inputs, config, changes, told):
    (inputs / "encoder" / "config.json").write_text(json.dumps(tiny_config(**config)))
    with pytest.raises(InputError) as error:
        plan(inputs, put("strategies", "main", changes))
    assert str(error.value).startswith(str(inputs / "params.yaml"))
    assert told in str(error.value)


def test_a_pooler_that_the_weights_lack_is_refused(inputs):
    save_file({"embeddings.x": np.zeros(1)}, inputs / "encoder" / "model.safetensors")
    assert plan(inputs)
    with pytest.raises(InputError, match=r"strategies\.main\.pooling: pooler: the weights in"):
        plan(inputs, put("strategies", "main", {"pooling": "pooler"}))


def test_rows_that_an_encoder_does_not_take_are_told(inputs, capsys):
    (inputs / "encoder" / "config.json").write_text(json.dumps(tiny_config(model_type="fnet")))
    plan(inputs, put("strategies", "round_robin", {"layout": "padded"}))
    told = capsys.readouterr().out
    assert "main: padded batches, not packed rows: model_type fnet" in told
    assert "round_robin" not in told


def test_a_task_of_which_nothing_is_trained_is_told(inputs, capsys):
    plan(inputs, put("strategies", "main", {"adaptation": "frozen"}))
    told = capsys.readouterr().out
    assert "main: nothing of sts is trained: the encoder is frozen" in told
    assert "nothing of sst" not in told


def test_one_word_stands_for_all_tasks_and_is_planned_by_task(inputs):
    short = plan(inputs, put("train", "pooling", "cls"))["main"]
    assert {type(pooling).__name__ for pooling in short.train.pooling.values()} == {"ClsPooling"}
    long = dict.fromkeys(["sst", "para", "sts", "cfimdb"], "cls")
    assert plan(inputs, put("train", "pooling", long))["main"] == short


def test_a_strategy_changes_the_word_of_all_tasks_for_one(inputs):
    made = plan(inputs, put("strategies", "main", {"pooling": {"sts": "max"}}))["main"]
    kinds = {task: type(pooling).__name__ for task, pooling in made.train.pooling.items()}
    assert kinds == {"sst": "MeanPooling", "para": "MeanPooling", "sts": "MaxPooling"}


def test_plan_needs_neither_torch_nor_transformers(inputs):
    code = (
        "import sys, runpy\n"
        "sys.argv = ['plan', 'tokens', 'encoder', 'plans', '--params', 'params.yaml']\n"
        "try: runpy.run_module('stages.plan', run_name='__main__')\nexcept SystemExit: pass\n"
        "print('HEAVY', sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    plan(inputs)
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=inputs, capture_output=True, text=True,
        env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert "HEAVY []" in told.stdout, told.stdout + told.stderr
