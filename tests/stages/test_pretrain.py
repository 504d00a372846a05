"""Further pre-training, through the stage."""

import csv
import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from safetensors.numpy import load_file, save_file

from mtbert.cli.check import check_params
from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, write_yaml
from mtbert.core.schemas import text_schema, write_table
from stages import tokenize
from stages.pretrain import main

from tiny import ROOT, tiny_config

KNOBS = {
    "epochs": 3,
    "tasks": ["sst", "sts"],
    "held_out": 0.1,
    "batch_size": 16,
    "learning_rate": 5e-3,
    "precision": "fp32",
    "seed": 3,
}


def sample(name, columns, rows):
    """Texts of the embedded sample as a TEXT table."""
    with (ROOT / "data" / "sample" / name).open(newline="") as file:
        read = list(csv.DictReader(file, delimiter="\t"))[:rows]
    texts = [[row[column] for row in read] for column in columns]
    texts += [[None] * len(read)] * (2 - len(texts))
    ids = [str(i) for i in range(len(read))]
    return pa.table([ids, *texts, [0.0] * len(read)], schema=text_schema())


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """TOKENS of some hundred sentences, and the config of a tiny encoder."""
    monkeypatch.chdir(tmp_path)
    pair = ("sentence1", "sentence2")
    for path, table in {
        "sst/train": sample("ids-sst-train.csv", ["sentence"], 300),
        "sst/dev": sample("ids-sst-dev.csv", ["sentence"], 20),
        "sts/train": sample("sts-train.csv", pair, 100),
        # An evaluation split that holds what others train on.
        "para/train": sample("quora-train.csv", pair, 10),
        "para/test": sample("sts-train.csv", pair, 7),
    }.items():
        write_table(tmp_path / "text" / f"{path}.parquet", table)
    config = tiny_config(vocab_size=2000)
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "config.json").write_text(json.dumps(config))
    (tmp_path / "encoder" / "SOURCE.json").write_text('{"kind": "scratch"}')
    (tmp_path / "params.yaml").write_text("tokenize: {max_length: 40}\n")
    tokenize.main(*(tmp_path / n for n in ("text", "encoder", "tokens", "k.json", "params.yaml")))
    return tmp_path


def pretrain(inputs, out="out", **changes):
    section = {**read_yaml(ROOT / "params.yaml")["pretrain"], **changes}
    write_yaml(inputs / "params.yaml", {"pretrain": section})
    main(*(inputs / name for name in ("tokens", "encoder", out, f"{out}-log", "params.yaml")))
    return inputs / out


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_off_hands_on_the_same_bits(inputs):
    (inputs / "encoder" / "model.safetensors").write_bytes(b"any bytes at all")
    assert contents(pretrain(inputs)) == contents(inputs / "encoder")
    log = inputs / "out-log"
    assert json.loads((log / "metrics.json").read_text()) == {}
    assert json.loads((log / "pretrain.json").read_text()) == {"settings": {"epochs": 0}}
    # DVC draws no plot of an empty folder.
    assert list((log / "curves").iterdir()) == []


def test_off_imports_nothing_heavy(inputs):
    pretrain(inputs)
    code = (
        f"import sys, runpy\nsys.argv = {['pretrain', 'tokens', 'encoder', 'out', 'log']}\n"
        "try: runpy.run_module('stages.pretrain', run_name='__main__')\n"
        "finally: print('HEAVY', sorted({'torch', 'transformers', 'pyarrow'} & set(sys.modules)))"
    )
    env = {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, cwd=inputs, capture_output=True, text=True, env=env)
    assert "HEAVY []" in ended.stdout, ended.stdout + ended.stderr
    assert (inputs / "log" / "metrics.json").is_file()


def test_on_learns_and_repeats_its_bits(inputs):
    out, again, other = (
        pretrain(inputs, name, **{**KNOBS, **changes})
        for name, changes in (("out", {}), ("again", {}), ("other", {"seed": 4, "steps": 5}))
    )
    assert contents(out) == contents(again)
    assert contents(out)["model.safetensors"] != contents(other)["model.safetensors"]
    names = {"SOURCE.json", "config.json", "model.safetensors", "tokenizer.json"}
    assert set(contents(out)) == names
    source = json.loads((out / "SOURCE.json").read_text())
    assert (source["kind"], source["name"]) == ("scratch", "scratch, further pre-trained")
    assert source["from"] == {"kind": "scratch"}

    log = inputs / "out-log"
    metrics = json.loads((log / "metrics.json").read_text())
    # Knowing nothing costs ln 2000 = 7.6.
    assert 7 < metrics["before"]["loss"] < 8
    assert metrics["after"]["loss"] < metrics["before"]["loss"] - 0.7
    assert metrics["after"]["accuracy"] > 0.02 > metrics["before"]["accuracy"]
    record = json.loads((log / "pretrain.json").read_text())
    counts = record["sentences"]
    assert counts["texts"] == 500
    assert counts["in_dev_or_test"] >= 7
    usable = counts["distinct"] - counts["in_dev_or_test"] - counts["without_words"]
    assert counts["trained_on"] + counts["held_out"] == usable
    steps = list(csv.DictReader((log / "curves" / "steps.csv").read_text().splitlines()))
    laps = -(-counts["trained_on"] // 16)
    assert record["steps"] == len(steps) == 3 * laps
    assert {row["epoch"] for row in steps[:laps]} == {"1"}
    # Each sentence once an epoch.
    assert sum(int(row["sentences"]) for row in steps[:laps]) == counts["trained_on"]
    assert sum(int(row["masked"]) for row in steps) == record["masked"]
    assert 0.08 < record["masked"] / record["tokens"] < 0.16
    assert contents(log / "curves") == contents(inputs / "again-log" / "curves")


def test_the_new_encoder_can_be_trained_again(inputs):
    first = pretrain(inputs, "first", **{**KNOBS, "steps": 1, "learning_rate": 1e-9})
    (first / "SOURCE.json").write_text('{"kind": "pretrained", "name": "first"}')
    (inputs / "encoder").rename(inputs / "scratch")
    shutil.copytree(first, inputs / "encoder")
    out = pretrain(inputs, **{**KNOBS, "steps": 5})
    source = json.loads((out / "SOURCE.json").read_text())
    assert (source["kind"], source["name"]) == ("pretrained", "first, further pre-trained")
    assert len((inputs / "out-log" / "curves" / "steps.csv").read_text().splitlines()) == 6
    old, new = (load_file(folder / "model.safetensors") for folder in (first, out))
    assert old.keys() == new.keys()
    # Five steps from the encoder's own weights, not from other random ones.
    assert 1e-3 < max(abs(new[name] - old[name]).max() for name in old) < 0.1


def test_a_loss_that_is_no_number_stops_it(inputs):
    with pytest.raises(InputError, match=r"^pretrain: step \d+: .*NaN or inf"):
        pretrain(inputs, **{**KNOBS, "learning_rate": 1e30, "warmup": 0.0})
    assert not (inputs / "out").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tasks": ["sst", "stss"]}, "pretrain.tasks: unknown task 'stss'; did you mean 'sts'?"),
        ({"tasks": ["sst", "sst"]}, "pretrain.tasks: each task once"),
        ({"epochs": -1}, "pretrain.epochs: input should be greater than or equal to 0"),
        ({"precision": "fp16"}, "pretrain.precision: unknown precision 'fp16'"),
        ({"mask": 0.1}, "pretrain: unknown key 'mask'; did you mean"),
    ],
)
def test_what_does_not_fit_is_refused_even_where_it_is_off(inputs, changes, message):
    with pytest.raises(InputError) as error:
        pretrain(inputs, **changes)
    assert str(error.value).startswith(f"{inputs / 'params.yaml'}: ")
    assert message in str(error.value)
    assert not (inputs / "out").exists()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "xlnet"}, "no masked language model of model_type xlnet"),
        ({}, r"its tokenizer has no mask token \(\[MASK\] or <mask>\)"),
    ],
)
def test_check_refuses_an_encoder_before_anything_runs(tmp_path, monkeypatch, config, message):
    monkeypatch.setattr("mtbert.cli.check.check_tokenizer", lambda folder: None)
    folder = tmp_path / "encoder"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(tiny_config(**config)))
    weights = {"embeddings.word_embeddings.weight": np.zeros((100, 24), np.float32)}
    save_file(weights, folder / "model.safetensors")
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\n")
    params = read_yaml(ROOT / "params.yaml")
    params["encoder"]["pretrained"] = str(folder)
    write_yaml(tmp_path / "params.yaml", params)
    check_params(tmp_path / "params.yaml")
    params["pretrain"]["epochs"] = 1
    write_yaml(tmp_path / "params.yaml", params)
    with pytest.raises(InputError, match=message):
        check_params(tmp_path / "params.yaml")
    params["pretrain"]["tasks"] = ["imdb"]
    write_yaml(tmp_path / "params.yaml", params)
    with pytest.raises(InputError, match=r"pretrain\.tasks: unknown task 'imdb'"):
        check_params(tmp_path / "params.yaml")
