"""The commands of the three tutorials run as printed, on a few rows and steps."""

import itertools
import re
import shlex
import shutil

import pytest
from dvc.utils.hydra import apply_overrides
from pages import PAGES, blocks
from ruamel.yaml import YAML

from mtbert.core.params import read_yaml

from tiny import ROOT

TOPICS = {"billing": "invoice", "bug": "app", "delivery": "parcel", "login": "password"}
SOURCES = ("mtbert", "stages", "data/own", "data/sample", ".dvc", "reports/.gitignore")
SOURCES += ("data/.gitignore", "dvc.yaml", "params.yaml", ".dvcignore", ".gitignore")
GENERATED = ("__pycache__", "cache", "tmp", "config.local")


def shrink(params, **changes):
    """Keep the pipeline, cut down the encoder and the runs."""
    yaml = YAML()
    content = yaml.load(params)
    size = {"hidden_size": 16, "heads": 2, "intermediate_size": 16, "layers": 1}
    content["encoder"]["scratch"].update(size)
    content["train"]["examples_seen"], content["seeds"] = 96, [1]
    content.update(changes)
    yaml.dump(content, params)


def cut(folder):
    """Keep 40 rows of each table of the sample."""
    for path in folder.glob("*.csv"):
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:41]))


@pytest.fixture(scope="module")
def clone(tmp_path_factory, shell):
    """A clone of some rows, committed, and beside it a folder of the course's files."""
    place = tmp_path_factory.mktemp("clone")
    folder = place / "mtbert"
    for name in SOURCES:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns(*GENERATED))
        else:
            shutil.copy(ROOT / name, target)
    cut(folder / "data/sample")
    shutil.copytree(folder / "data/sample", place / "course", ignore=shutil.ignore_patterns("lex*"))
    shrink(folder / "params.yaml", strategies={"main": {}})
    shell("git init -q && git add . && git commit -qm clone", folder)
    return folder


def run_lines(shell, folder, lines, replaced):
    """Run commands with some words replaced; give what each prints."""
    printed = {}
    for command in lines.splitlines():
        for old, new in replaced.items():
            command = command.replace(old, new)
        if command:
            printed[command] = shell(command, folder)
    return printed


def test_course(clone, shell):
    skipped = {"git clone … mtbert && cd mtbert": "", "make setup": "", ". .venv/bin/activate": ""}
    small = {"=cs224n": "=../course", "seen=10000": "seen=60"}
    small |= {" -S encoder.pretrained=google-bert/bert-base-uncased": "", "para=10000": "para=10"}
    printed = run_lines(shell, clone, "".join(blocks("course.md", "sh")), skipped | small)
    submission = next(text for command, text in printed.items() if command.startswith("head"))
    (shown,) = blocks("course.md", "text")
    assert submission.splitlines()[0].split() == shown.split()
    assert len(submission.splitlines()) == 3
    files = next(text for command, text in printed.items() if command.startswith("ls")).split()
    assert files.count("quora-dev-output.csv") == 0
    for task, split in itertools.product(("sst", "para", "sts"), ("dev", "test")):
        assert files.count(f"{task}-{split}-output.csv") == 2
    second = next(text for command, text in printed.items() if "--name bert" in command)
    assert "Running stage 'train@main-1'" in second
    assert read_yaml(clone / "params.yaml")["train"]["examples_seen"] is None
    assert "Running stage 'prepare'" not in second
    assert "first" in printed["dvc exp show --only-changed"]


def test_grid(clone, shell):
    """It goes on where the course's tutorial ends, with a commit."""
    small = {"seen=10000": "seen=60"}
    before, after = "".join(blocks("grid.md", "sh")).split("mtbert check\n")
    printed = run_lines(shell, clone, before, small)
    first = next(text for command, text in printed.items() if "--name anneal" in command)
    ran = set(re.findall(r"Running stage '(\w+)", first))
    assert ran == {"plan", "train", "evaluate", "members", "ensemble", "report"}
    assert "main" in printed["dvc metrics diff"]
    assert printed["dvc queue status"].count("Queued") == 2
    shown = printed["dvc exp show --only-changed"]
    assert all(name in shown for name in ("anneal", "sqrt", "temperature"))
    (block,) = blocks("grid.md", "yaml")
    shrink(clone / "params.yaml", **{**YAML(typ="safe").load(block), "seeds": [11]})
    results = run_lines(shell, clone, after, small)["cat reports/results.md"]
    assert "## Difference to main" in results
    assert results.count("| pcgrad |") == results.count("| anneal |") == 2


@pytest.fixture(scope="module")
def own(tmp_path_factory, shell):
    """What each command of the tutorial on own files prints, and the folder."""
    here = tmp_path_factory.mktemp("elsewhere")
    write_tables(here / "mydata")
    printed = {}
    for command in "".join(blocks("own-data.md", "sh")).splitlines():
        if command.startswith(
            (
                "python3 -m venv",
                ". .venv",
                "pip ",
                "mtbert export",
                "mtbert serve",
                "git add",
                "dvc exp",
            )
        ):
            continue
        printed[command] = shell(command, here)
        if command.startswith("mtbert init"):
            shrink(here / "params.yaml")
    return printed, here


def write_tables(folder):
    """200 tickets of four topics, 200 pairs of questions."""
    folder.mkdir()
    tickets, questions = (block.splitlines()[0] for block in blocks("own-data.md", "csv"))
    for n, (topic, word) in zip(range(200), itertools.cycle(TOPICS.items()), strict=False):
        tickets += f"\nT{n},The {word} of case {n} is wrong,{topic}"
        same = n % 2
        pair = f"How do I mend item {n}?,Who can mend {'item' if same else 'no'} {n}?"
        questions += f"\n{pair},{same}"
    (folder / "tickets.csv").write_text(tickets + "\n")
    (folder / "questions.csv").write_text(questions + "\n")


def test_own_files_init_prints_what_the_page_shows(own):
    (shown,) = blocks("own-data.md", "text")
    assert shown in own[0]["mtbert init mydata"]


def test_own_files_train_report_and_predict(own):
    printed, here = own
    assert "| main | " in (here / "reports" / "results.md").read_text()
    stages = set(re.findall(r"Running stage '(\w+)", printed["dvc repro"]))
    assert stages == {
        *("names", "download_corpora", "download_encoder", "prepare", "tokenize", "pretrain"),
        "neighbours",
        *("plan", "train", "evaluate", "report"),
    }
    predicted = next(text for command, text in printed.items() if "in the rain" in command)
    assert predicted.split("\t")[0] in TOPICS
    lines = (here / "answers.csv").read_text().splitlines()
    assert lines[0].startswith("ticket,message,topic,prediction,probability_billing")
    assert len(lines) == 201


def test_own_files_the_lines_of_python_run(own, shell):
    (code,) = blocks("own-data.md", "python")
    (own[1] / "lines.py").write_text(code)
    assert len(shell("python lines.py", own[1]).splitlines()) == 2


def test_the_recipe_s_command_makes_the_strategies_of_its_report(tmp_path):
    """What is overridden is what the kept report compares; the files themselves need a network."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    text = (PAGES / "recipe.md").read_text().replace(" \\\n", " ")
    (command,) = re.findall(r"^    dvc exp run (.*)$", text, re.M)
    words = shlex.split(command)
    assert set(words[::2]) == {"-S"}
    apply_overrides(str(tmp_path / "params.yaml"), words[1::2])
    params = read_yaml(tmp_path / "params.yaml")
    kept = read_yaml(PAGES / "recipe/digests.yaml")
    seeds = itertools.product(params["strategies"], params["seeds"])
    runs = {f"train@{name}-{seed}" for name, seed in seeds}
    assert runs == {stage for stage in kept if stage.startswith("train@")}
    averages = {f"ensemble@{name}" for name in params["ensembles"]}
    assert averages == {stage for stage in kept if stage.startswith("ensemble@")}
    swept = read_yaml(PAGES / "recipe/sweep.yaml")["strategies"]
    sweep = (PAGES / "recipe/sweep.md").read_text()
    assert [*swept] == re.findall(r"^\| (\w+) \|", sweep, re.M)[1 : 1 + len(swept)]
    assert swept["small_batches"] == params["strategies"]["small_batches"]
    (shown,) = blocks("recipe.md", "yaml")
    assert params["strategies"] == YAML(typ="safe").load(shown)["strategies"]
