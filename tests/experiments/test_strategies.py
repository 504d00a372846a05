"""What a strategy, or `dvc exp run -S`, changes in section `train`, it can change back."""

import shutil
from functools import partial

from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from mtbert.core.params import merge, read_section, read_yaml
from mtbert.core.tasks import read_tasks
from mtbert.experiments.strategies import resolve_strategy
from mtbert.training.settings import Recipes

from tiny import ROOT

TRAIN = read_yaml(ROOT / "params.yaml")["train"]
# Of every key of section `train` another value, and what undoes it
OPTIONS = {
    "accumulate": ("2", "1"),
    "tasks": ("[sst, para, sts, cfimdb]", "[sst, para, sts]"),
    "evaluation_only": ("[sst]", "[]"),
    "sampler": ("{name: anneal, steps_per_epoch: 5}", "all_tasks"),
    "balancing": ("{name: weights, weights: {sts: 2.0}}", "sum"),
    "conflicts_every": ("0", "10"),
    "regularizers": ("{sst: [fgm, rdrop]}", "none"),
    "auxiliaries": ("{para: simcse}", "none"),
    "averaging": ("ema", "none"),
    "adaptation": ("{name: lora, rank: 2}", "full"),
    "encoding": ("{para: joint}", "{para: siamese}"),
    "pooling": ("{sst: cls, para: max, sts: mean}", "mean"),
    "projections": ("{sst: layers, para: none, sts: none}", "none"),
    "heads": ("{sst: {name: mlp, layers: 2}}", "{sst: linear}"),
    "objectives": ("{sts: {name: squared_error, unit: label}}", "{sts: squared_error}"),
    "batch_size": ("{para: 7}", "{para: 32}"),
    "extra_data": ("synonyms", "none"),
    "examples": ("{para: 2000}", "{para: all}"),
    "resampling": ("{sst: balanced}", "{sst: none}"),
    "epochs": ("2", "auto"),
    "learning_rate": ("0.5", "auto"),
    "head_learning_rate": ("0.5", "auto"),
    "adapter_learning_rate": ("0.5", "auto"),
    "layer_decay": ("0.5", "1.0"),
    "precision": ("bf16", "auto"),
    "steps": ("3", "null"),
    "examples_seen": ("99", "null"),
    "evaluate_every": ("2", "1"),
    "optimizer": ("{name: adam, epsilon: 0.5}", "adamw"),
    "weight_decay": ("0.5", "0.01"),
    "schedule": ("cosine", "linear"),
    "warmup": ("0.5", "0.1"),
    "clip": ("0.5", "1.0"),
    "layout": ("padded", "packed"),
    "row_length": ("256", "64"),
}


def test_a_strategy_undoes_every_option():
    assert OPTIONS.keys() == TRAIN.keys()
    path, load = ROOT / "params.yaml", YAML(typ="safe").load
    fixed = {"recipe": read_section(path, "recipes", Recipes).scratch, "where": "params"}
    resolve = partial(resolve_strategy, "main", tasks=read_tasks(path), **fixed)
    plain = resolve(train=TRAIN, changes={})
    for key, (other, undone) in OPTIONS.items():
        changed = resolve(train=TRAIN, changes={key: load(other)})
        assert changed != plain, key
        base = merge(TRAIN, {key: load(other)})
        assert resolve(train=base, changes={}) == changed, key
        assert resolve(train=base, changes={key: load(undone)}) == plain, key


def test_exp_run_sets_and_undoes_every_option_without_a_plus(tmp_path):
    params = shutil.copy(ROOT / "params.yaml", tmp_path / "params.yaml")
    apply_overrides(params, [f"train.{key}={other}" for key, (other, _) in OPTIONS.items()])
    changed = read_yaml(params)["train"]
    assert not [key for key in OPTIONS if changed[key] == TRAIN[key]]
    apply_overrides(params, [f"train.{key}={undone}" for key, (_, undone) in OPTIONS.items()])
    assert read_yaml(params)["train"] == TRAIN
