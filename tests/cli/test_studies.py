"""`mtbert studies`: targets of DVC, or plain commands that do what dvc.yaml does."""

from ruamel.yaml import YAML
from typer.testing import CliRunner

from mtbert.cli.main import app
from mtbert.cli.studies import command
from mtbert.core.errors import InputError

from tiny import ROOT


def run(*words):
    return CliRunner().invoke(app, ["studies", *words, "--folder", str(ROOT / "studies")])


def test_a_command_is_what_dvc_yaml_runs():
    study = ROOT / "studies/wu"
    stages = YAML(typ="safe").load(study / "dvc.yaml")["stages"]
    text = " && ".join([f"cd {study}", stages["train"]["cmd"], stages["evaluate"]["cmd"]])
    for key, value in (("item.strategy", "model"), ("item.seed", "2"), ("key", "model-2")):
        text = text.replace(f"${{{key}}}", value)
    # Each in a shell of its own: the lines may go to one shell.
    assert command(study, "model", 2) == f"({text})"


def test_missing_runs_are_printed_one_a_line():
    lines = run("missing", "wu").stdout.splitlines()
    assert lines
    assert all("wu/dvc.yaml:evaluate" in line for line in lines)
    commands = run("missing", "wu", "--commands").stdout.splitlines()
    assert len(commands) == len(lines)
    assert commands[0].startswith("(cd ")


def test_an_unknown_study_is_refused():
    result = run("missing", "wuu")
    assert isinstance(result.exception, InputError)
    assert "did you mean 'wu'?" in str(result.exception)
