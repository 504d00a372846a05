"""`mtbert studies`: targets of DVC."""

from typer.testing import CliRunner

from mtbert.cli.main import app
from mtbert.core.errors import InputError

from tiny import ROOT


def run(*words):
    return CliRunner().invoke(app, ["studies", *words, "--folder", str(ROOT / "studies")])


def test_missing_runs_are_printed_one_a_line():
    lines = run("missing", "wu").stdout.splitlines()
    assert lines
    assert all("wu/dvc.yaml:evaluate" in line for line in lines)


def test_an_unknown_study_is_refused():
    result = run("missing", "wuu")
    assert isinstance(result.exception, InputError)
    assert "did you mean 'wu'?" in str(result.exception)
