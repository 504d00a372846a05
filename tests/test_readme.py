"""What the README shows is what the project holds: no figure is typed by hand."""

import sys

import pytest

from mtbert.reporting.readme import render
from mtbert.reporting.records import read_records
from mtbert.reporting.results import read_results
from mtbert.reporting.settings import read_scope

from tiny import ROOT

sys.path.insert(0, str(ROOT / "docs"))
from readme import excerpt, stages_table

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(name):
    return README.split(f"<!-- {name}:begin -->")[1].split(f"<!-- {name}:end -->")[0].strip()


def test_the_results_are_those_of_the_reports_and_records():
    results = read_results(
        read_scope(ROOT / "params.yaml"), ROOT / "data" / "plans", ROOT / "reports"
    )
    assert block("results") == render(results, read_records(ROOT / "studies")).strip()


def test_the_stages_are_those_of_dvc_yaml():
    assert block("stages") == stages_table()


@pytest.mark.parametrize("command", ["exp run", "metrics diff", "params diff", "exp show --md"])
def test_the_tour_shows_each_command(command):
    assert f"$ dvc {command}" in block("tour")


def test_an_excerpt_says_where_lines_are_left_out():
    assert excerpt("keep 1\nno\nno\nkeep 2\n", "keep") == "keep 1\n…\nkeep 2"
