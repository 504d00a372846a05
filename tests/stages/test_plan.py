"""Every strategy's settings are complete and checked before anything trains."""

import json
import subprocess
import sys
from functools import partial
from unittest.mock import Mock

import numpy as np
import pytest
from safetensors.numpy import save_file

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, write_yaml
from mtbert.core.tasks import SPLITS
from mtbert.experiments.plans import file_digest, read_plan, verify
from stages.plan import main

from tiny import ROOT, tiny_config


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = {"encoder/config.json": json.dumps(tiny_config())}
    files |= {"encoder/SOURCE.json": '{"kind": "scratch"}'}
    files |= {"tokens/tokenizer.json": "{}", "tokens/sequences.json": "{}"}
    for task in ("sst", "para", "sts", "cfimdb"):
        files |= {f"tokens/{task}/{split}.parquet": task + split for split in SPLITS}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def plan(inputs, change=lambda params: None):
    params = read_yaml(ROOT / "params.yaml")
    change(params)
    write_yaml(inputs / "params.yaml", params)
    main(*(inputs / name for name in ("tokens", "encoder", "plans", "tasks.yaml", "params.yaml")))
    return {path.stem: read_plan(path) for path in (inputs / "plans").iterdir()}


def put(*keys):
    """Set params[k1][k2]… = value; what a function gives of the old value, if it is one."""
    *path, last, value = keys

    def change(params):
        for key in path:
            params = params[key]
        params[last] = value(params[last]) if callable(value) else value

    return change


train = partial(put, "train")
strategy = partial(put, "strategies", "main")


def backwards(section):
    return dict(reversed(section.items()))


def test_a_plan_is_complete(inputs):
    plans = plan(inputs)
    assert set(plans) == set(read_yaml(ROOT / "params.yaml")["strategies"])
    main_plan = plans["main"]
    assert set(main_plan.tokens) == set(main_plan.tasks) == {"sst", "para", "sts"}
    assert [main_plan.tasks[task].paired for task in ("sst", "sts")] == [False, True]
    assert main_plan.tasks["sts"].labels.bounds == (0.0, 5.0)
    assert type(plans["round_robin"].train.sampler).__name__ == "RoundRobin"


@pytest.mark.parametrize("kind", ["scratch", "pretrained"])
def test_each_kind_of_encoder_has_its_recipe(inputs, kind):
    (inputs / "encoder" / "SOURCE.json").write_text(json.dumps({"kind": kind}))
    settings = plan(inputs)["main"].train
    for key, value in read_yaml(ROOT / "params.yaml")["recipes"][kind].items():
        assert getattr(settings, key) == value


def test_a_plan_depends_on_what_its_strategy_uses_alone(inputs):
    before = plan(inputs)
    (inputs / "tokens" / "cfimdb" / "train.parquet").write_text("other")
    after = plan(inputs, train("sampler", "sequential"))
    assert before["round_robin"] == after["round_robin"], "names its own sampler"
    assert before["main"] != after["main"]
    assert before["four_tasks"].tokens != after["four_tasks"].tokens


def test_files_that_changed_since_are_noticed(inputs):
    made = plan(inputs)["main"]
    verify(made)
    (inputs / "tokens" / "sst" / "dev.parquet").write_text("edited")
    with pytest.raises(InputError, match=r"dev\.parquet: changed since the plan was made"):
        verify(made)


@pytest.mark.parametrize(
    "change",
    [
        put("tasks", "sst", "title", "another"),
        put("tasks", "sst", "predictions", {"file": "x-{split}.csv", "column": "X"}),
        put("tasks", "sst", "columns", "text_a", "another"),
        train("batch_size", "cfimdb", 4),
        train("heads", "cfimdb", {"name": "linear", "dropout": 0.5}),
        train("objectives", "sts", {"name": "squared_error"}),
        strategy({"sampler": "all_tasks"}),
        strategy({"tasks": ["sst", "para", "sts"]}),
        put("strategies", "new-1--2", {"sampler": "sequential"}),
        put("seeds", [7]),
        put("train", backwards),
        *(train(key, backwards) for key in ("heads", "objectives", "batch_size")),
        put("tasks", backwards),
    ],
)
def test_what_training_does_not_depend_on_leaves_its_plan_alone(inputs, change):
    plan(inputs)
    before = (inputs / "plans" / "main.yaml").read_bytes()
    plan(inputs, change)
    assert (inputs / "plans" / "main.yaml").read_bytes() == before


def test_what_training_depends_on_changes_its_plan(inputs):
    changes = [train("batch_size", "sst", 4), train("tasks", ["para", "sst", "sts"])]
    changes += [put("tasks", "sst", "labels", "names", list("abcde"))]
    changes += [put("tasks", "sst", "labels", "count", 6), put("data", "source", "elsewhere")]
    plans = [plan(inputs, change)["main"] for change in (dict, *changes)]
    assert all(plans[0] != other for other in plans[1:])


def test_a_file_is_read_once_however_many_strategies_share_it(inputs, monkeypatch):
    digest = Mock(wraps=file_digest)
    monkeypatch.setattr("mtbert.experiments.plans.file_digest", digest)
    assert len(plan(inputs)) > 1
    assert digest.call_count == 2 + 2 + 4 * 3


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "no such file"), ('{"kind": "tiny"}', "kind: unknown kind 'tiny'.* `dvc repro`")],
)
def test_an_encoder_of_unknown_origin_is_refused(inputs, text, message):
    path = inputs / "encoder" / "SOURCE.json"
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=f"^{path}: {message}"):
        plan(inputs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda params: params.pop("data"), "data.source: expected sample, cs224n or a folder"),
        (put("data", "source", 3), "data.source: expected sample, cs224n or a folder, found 3"),
        (train("sampler", "round_robbin"), "train.sampler: unknown sampler 'round_robbin'; did you mean 'round_robin'? (allowed: all_tasks, "),
        (train("sampler", "annealed"), "train.sampler: 'annealed' is now called 'anneal'"),
        (train("maps", "none"), "train: 'maps' is now called 'projections'"),
        (strategy({"untrained": ["sst"]}), "strategies.main: 'untrained' is now called 'evaluation_only'"),
        (train("heads", "sst", "lineer"), "train.heads.sst: unknown head 'lineer'; did you mean 'linear'?"),
        (train("pooling", {"sts": "men"}), "train.pooling.sts: unknown pooling 'men'; did you mean 'mean'?"),
        (train("pooling", {"sst": "cls"}), "train.pooling.para: required, since tasks lists para"),
        (strategy({"projections": {"sts": {"name": "shared", "task": "cfimdb"}}}), "strategies.main.projections.sts: shares that of 'cfimdb', which is not among the strategy's tasks: sst, para, sts"),
        (train("heads", "para", {"name": "linear", "logits": 2}), "train.objectives.para: needs one logit, and the head gives 2: take cross_entropy"),
        (train("objectives", "para", "cross_entropy"), "train.objectives.para: needs a logit for each class"),
        (train("objectives", "sst", {"name": "cross_entropy", "weights": [1, 2]}), "train.objectives.sst: weights: expected none, balanced, or 5 numbers above 0"),
        (train("resampling", "sts", "balanced"), "train.resampling.sts: balanced needs classes, found similarity"),
        (strategy({"adaptation": "lora", "layer_decay": 0.9}), "strategies.main.layer_decay: 0.9 is for the encoder's own weights"),
        (strategy({"adaptation": "frozen", "tasks": ["sts"]}), "strategies.main.adaptation: frozen, and neither a head nor a projection has parameters"),
        (strategy({"projections": {"sts": {"name": "shared", "task": "para"}}}), "strategies.main.projections.sts: shares that of 'para', which has none of its own"),
        (train("projections", {"name": "layers", "end_activated": False}), "train.projections: end_activated: false leaves the last of several layers linear"),
        (train("heads", "para", {"name": "linear", "features": ["u", "u"]}), "train.heads.para: features: name at least one, each once"),
        (train("encoding", "sst", "siamese"), "train.encoding.sst: siamese needs a task on pairs"),
        (lambda params: (params["train"]["resampling"].update(sst="balanced"), params["train"]["objectives"].update(sst={"name": "cross_entropy", "weights": "balanced"})), "train.resampling.sst: balanced, and so are objectives.sst.weights"),
        (train("tasks", ["sst", "stss"]), "train.tasks: unknown task 'stss'; did you mean 'sts'?"),
        (train("tasks", ["sst", "sst"]), "each task once"),
        (train("batch_size", "sst", -1), "train.batch_size.sst: input should be greater than 0, found -1"),
        (train("batch_size", {"sst": 8}), "train.batch_size.para: required"),
        (train("heads", "imdb", "linear"), "train.heads: unknown task 'imdb'; did you mean 'cfimdb'?"),
        (train("smapler", "sum"), "train: unknown key 'smapler'; did you mean 'sampler'?"),
        (strategy({"smapler": 1}), "strategies.main: unknown key 'smapler'; did you mean 'sampler'?"),
        (put("strategies", "main", [1]), "strategies.main: expected changes to train"),
        *((put("strategies", name, {}), f"strategies: a name has letters a-z, A-Z, digits, _ and, inside, - only, begins with a letter or digit and has at most 64 characters, found {name!r}") for name in ("a b", "a-", "-a", "_-_", "../a", "a" * 65)),
        (put("strategies", {}), "strategies: expected at least one"),
        (put("seeds", [1, 1]), "seeds: at least one, and each seed once, found [1, 1]"),
        (put("tasks", "sst", "labels", {"kind": "classes"}), "tasks.sst.labels"),
        (put("recipes", "scratch", {}), "recipes.scratch.epochs: required"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_is_overwritten(inputs, change, message):
    plan(inputs)
    before = {p.name: p.read_bytes() for p in (inputs / "plans").iterdir()}
    with pytest.raises(InputError) as error:
        plan(inputs, change)
    assert message in str(error.value)
    assert str(error.value).startswith(str(inputs / "params.yaml"))
    assert before == {p.name: p.read_bytes() for p in (inputs / "plans").iterdir()}


@pytest.mark.parametrize(
    ("config", "changes", "message"),
    [
        ({"model_type": "electra"}, {"pooling": "pooler"}, "strategies.main.pooling.sst: pooler: an encoder of model_type electra is not known to have one"),
        ({"model_type": "albert"}, {"adaptation": "pal"}, "strategies.main.adaptation: "),
        ({}, {"adaptation": {"name": "lora", "rank": 25}}, "strategies.main.adaptation: rank: at most the encoder's hidden size 24"),
        ({}, {"pooling": {"para": "max_mean"}, "projections": {"para": "layers", "sts": {"name": "shared", "task": "para"}}}, "strategies.main.projections.sts: shares that of 'para', whose vectors are 48 wide, not 24"),
    ],
)  # fmt: skip
def test_what_the_encoder_does_not_have_is_refused(inputs, config, changes, message):
    (inputs / "encoder" / "config.json").write_text(json.dumps(tiny_config(**config)))
    with pytest.raises(InputError) as error:
        plan(inputs, put("strategies", "main", changes))
    assert str(error.value).startswith(str(inputs / "params.yaml"))
    assert message in str(error.value)


def test_a_pooler_that_the_weights_lack_is_refused(inputs):
    save_file({"embeddings.x": np.zeros(1)}, inputs / "encoder" / "model.safetensors")
    assert plan(inputs)
    with pytest.raises(InputError, match=r"strategies\.main\.pooling: pooler: the weights in"):
        plan(inputs, strategy({"pooling": "pooler"}))


def test_options_without_effect_are_printed(inputs, capsys):
    (inputs / "encoder" / "config.json").write_text(json.dumps(tiny_config(model_type="fnet")))
    changes = {"main": {"adaptation": "frozen"}, "round_robin": {"layout": "padded"}}
    plan(inputs, put("strategies", changes))
    lines = capsys.readouterr().out
    assert "main: padded batches, not packed rows: model_type fnet" in lines
    assert "main: nothing of sts is trained: the encoder is frozen" in lines
    assert "nothing of sst" not in lines
    assert "round_robin" not in lines


@pytest.mark.parametrize("change", ["cls", dict.fromkeys(["sst", "para", "sts", "cfimdb"], "cls")])
def test_a_value_for_all_tasks_is_planned_by_task(inputs, change):
    def both(params):
        params["train"]["pooling"] = change
        params["strategies"]["main"] = {"pooling": {"sts": "max"}}

    pooling = plan(inputs, both)["main"].train.pooling
    kinds = {task: type(method).__name__ for task, method in pooling.items()}
    assert kinds == {"sst": "ClsPooling", "para": "ClsPooling", "sts": "MaxPooling"}


@pytest.mark.parametrize(
    ("source", "named"), [("/home/me/texts", "texts"), ("~/texts", "texts"), ("../own", "own")]
)
def test_a_plan_names_no_home(inputs, source, named):
    plan(inputs, lambda params: params["data"].update(source=source))
    assert read_plan(inputs / "plans/main.yaml").data_source == named


def test_the_tasks_are_written_as_they_stand_and_only_with_plans(inputs):
    plan(inputs, put("tasks", "sst", "title", "Stars"))
    params = read_yaml(inputs / "params.yaml")
    assert read_yaml(inputs / "tasks.yaml") == {"tasks": params["tasks"]}
    with pytest.raises(InputError):
        plan(inputs, put("train", "epochs", -1))
    assert read_yaml(inputs / "tasks.yaml")["tasks"]["sst"]["title"] == "Stars"


def test_plan_needs_neither_torch_nor_transformers(inputs):
    plan(inputs)
    code = (
        "import sys; from pathlib import Path; from stages.plan import main\n"
        "main(*map(Path, ('tokens', 'encoder', 'plans', 'tasks.yaml', 'params.yaml')))\n"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    env = {"PYTHONPATH": str(ROOT)}
    output = subprocess.check_output([sys.executable, "-c", code], cwd=inputs, env=env, text=True)
    assert output.splitlines()[-1] == "[]"
