"""The tutorial on own files: its commands run as printed, on small settings."""

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tiny import ROOT

TUTORIAL = (ROOT / "docs" / "own-data.md").read_text()
TOPICS = {"billing": "invoice", "bug": "app", "delivery": "parcel", "login": "password"}


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TUTORIAL, re.DOTALL)


def write_tables(folder):
    """200 tickets of four topics, 200 pairs of questions."""
    folder.mkdir()
    (tickets, *_), (questions, *_) = (block.splitlines() for block in blocks("csv"))
    for n, (topic, word) in zip(range(200), itertools.cycle(TOPICS.items()), strict=False):
        tickets += f"\nT{n},The {word} of case {n} is wrong,{topic}"
        same = n % 2
        questions += (
            f"\nHow do I mend item {n}?,Who can mend {'item' if same else 'no'} {n}?,{same}"
        )
    (folder / "tickets.csv").write_text(tickets + "\n")
    (folder / "questions.csv").write_text(questions + "\n")


def shrink(params):
    """Keep the pipeline, cut down the encoder and the runs."""
    yaml = YAML()
    content = yaml.load(params)
    size = {"hidden_size": 16, "heads": 2, "intermediate_size": 16, "layers": 1}
    content["encoder"]["scratch"].update(size)
    content["train"]["steps"], content["seeds"] = 3, [1]
    yaml.dump(content, params)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What each command of the tutorial prints, and the folder."""
    here = tmp_path_factory.mktemp("elsewhere")
    write_tables(here / "mydata")
    who = {
        f"GIT_{role}_{key}": "t" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **who, "PATH": path, "PYTHONPATH": str(ROOT)}
    outputs = {}
    for command in [line for block in blocks("sh") for line in block.splitlines()]:
        if command.startswith(("pip ", "dvc exp ")):
            continue
        options = {"cwd": here, "env": environment, "stderr": subprocess.STDOUT, "text": True}
        done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, **options, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        outputs[command] = done.stdout
        if command.startswith("mtbert init"):
            shrink(here / "params.yaml")
    return outputs, here


def test_init_prints_what_the_page_shows(printed):
    (shown,) = blocks("text")
    assert shown in printed[0]["mtbert init mydata"]


def test_it_trains_reports_and_predicts(printed):
    outputs, here = printed
    assert "| main | " in (here / "reports" / "results.md").read_text()
    stages = set(re.findall(r"Running stage '(\w+)", outputs["dvc repro"]))
    assert stages == {
        *("download_corpora", "download_encoder", "prepare", "tokenize", "pretrain"),
        *("plan", "train", "evaluate", "report"),
    }
    predicted = next(text for command, text in outputs.items() if "in the rain" in command)
    assert predicted.split("\t")[0] in TOPICS
    lines = (here / "answers.csv").read_text().splitlines()
    assert lines[0].startswith("ticket,message,topic,prediction,probability_billing")
    assert len(lines) == 201


def test_the_lines_of_python_run(printed, monkeypatch, capsys):
    monkeypatch.chdir(printed[1])
    (code,) = blocks("python")
    exec(compile(code, "own-data.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 2
