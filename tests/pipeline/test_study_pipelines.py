"""The studies' pipelines at smoke: exactly the right rows run, and a study goes on where it was."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest
from ruamel.yaml import YAML

from tiny import ROOT

WU = "studies/wu/dvc.yaml"
YAML_FILE = YAML()
# What only these rows do: attacks, a contrastive term, PAL, grown data, gradients of joint pairs.
SAMPLE = [
    ("wang", "exp7"),
    ("wang", "exp8"),
    ("elayattu", "our-pal"),
    ("fu_chan", "extra-data"),
    ("smet_walker", "cosine-pcgrad"),
]


@pytest.fixture(scope="module")
def studied(project):
    """The project with the studies, `wu` cut to one row of two seeds; put back afterwards."""
    for path in (ROOT / "studies").glob("**/dvc.yaml"):
        shutil.copy(path, project.folder / path.relative_to(ROOT))
    edit(project, again={"rows": ["model"], "seeds": [2]})
    yield project
    for name in ("dvc.yaml", "dvc.lock"):
        for path in (project.folder / "studies").glob(f"**/{name}"):
            path.unlink()
    for folder in ("data/studies", "reports/studies"):
        shutil.rmtree(project.folder / folder, ignore_errors=True)
    project.restore()


def edit(project, **changes):
    path = project.folder / "studies/wu/params.yaml"
    data = YAML_FILE.load(path)
    for key, value in changes.items():
        data[key].update(value)
    YAML_FILE.dump(data, path)


def of_wu(*names):
    return {f"{WU}:{name}" for name in names}


def both(name):
    """A run's two stages, `again` for its name if it is of a further seed."""
    return {f"train{name}", f"evaluate{name}"}


ROWS = [*YAML(typ="safe").load(ROOT / "studies/wu/params.yaml")["strategies"]]
RUNS = {stage for row in ROWS for stage in both(f"@{row}-1")} | both("_again@model-2")


def test_an_interrupted_study_goes_on(studied):
    process = subprocess.Popen(
        ["dvc", "repro", WU],
        cwd=studied.folder,
        env=studied.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    told = []
    for line in process.stdout:
        told.append(line)
        if f"Running stage '{WU}:evaluate" in line:
            os.killpg(process.pid, signal.SIGKILL)
            break
    assert process.wait(60) != 0, "".join(told)
    trained = set(re.findall(r"Running stage '([^']+:train(?:_again)?@[^']+)'", "".join(told)))
    assert trained
    ran = {stage for stage in studied.repro(WU) if not stage.endswith("_code")}
    assert ran == of_wu(*RUNS, "collect") - trained
    assert studied.repro(WU) == set()
    made = json.loads((studied.folder / "reports/studies/wu/replication.json").read_text())
    assert made["budget"]["name"] == "smoke"
    assert {name: len(row["runs"]) for name, row in made["rows"].items()} == {
        row: 2 if row == "model" else 1 for row in ROWS
    }
    assert not any(row["missing"] for row in made["rows"].values())


def test_a_further_seed_runs_alone(studied):
    edit(studied, again={"seeds": [2, 3]})
    assert studied.repro(WU) == of_wu(*both("_again@model-3"), "collect")


def test_a_changed_row_runs_alone(studied):
    edit(studied, strategies={"our-sts": {"tasks": ["sts"], "batch_size": {"sts": 4}}})
    assert studied.repro(WU) == of_wu("plan", *both("@our-sts-1"), "collect")


@pytest.mark.parametrize(("study", "row"), SAMPLE)
def test_a_row_runs_alone(studied, study, row):
    """Of all rows a sample; `make studies` runs all of them."""
    file = f"studies/{study}/dvc.yaml"
    ran = studied.repro(f"{file}:evaluate@{row}-1")
    assert ran - {f"{file}:plan"} == {f"{file}:{stage}" for stage in both(f"@{row}-1")}
    facts = studied.folder / f"reports/studies/{study}/runs/{row}-1/run.json"
    assert json.loads(facts.read_text())["steps"] == 3
