"""What the README shows is what the project holds: no figure is typed by hand."""

import re
import sys
from pathlib import Path

import pytest

from mtbert.reporting.readme import render
from mtbert.reporting.records import read_records
from mtbert.reporting.results import read_results
from mtbert.reporting.settings import read_scope
from mtbert.reporting.studies import render as pages
from stages.studies_page import summarized

from tiny import ROOT

sys.path.insert(0, str(ROOT / "docs"))
from readme import excerpt, stages_table

RECORDS = read_records(ROOT / "studies")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(name):
    return README.split(f"<!-- {name}:begin -->")[1].split(f"<!-- {name}:end -->")[0].strip()


def test_the_results_are_those_of_the_reports_and_records():
    results = read_results(
        read_scope(ROOT / "params.yaml"), ROOT / "data" / "plans", ROOT / "reports"
    )
    assert block("results") == render(results, RECORDS).strip()


@pytest.mark.parametrize("study", RECORDS)
def test_a_study_shows_its_record(study):
    drawn = pages(RECORDS[study])
    assert (ROOT / study / "README.md").read_text(encoding="utf-8") == drawn["README.md"]
    shown = (ROOT / study / "dots.svg").read_text(encoding="utf-8")
    words, numbers = apart(shown)
    now = apart(drawn["dots.svg"])
    assert (words, numbers) == (now[0], pytest.approx(now[1], abs=0.05))


def apart(svg):
    """An SVG's numbers, which another machine rounds otherwise, and all else but ids of shapes."""
    svg = re.sub(r'(id="|#)[a-z][0-9a-f]{10}', r"\1", svg)
    number = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
    return re.sub(number, "0", svg), [float(text) for text in re.findall(number, svg)]


@pytest.mark.skipif(not (ROOT / "studies/claims.json").is_file(), reason="no results are committed")
def test_the_reports_are_those_of_the_studies(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert block("replication") == summarized(Path("studies")).strip()


def test_the_stages_are_those_of_dvc_yaml():
    assert block("stages") == stages_table()


@pytest.mark.parametrize("command", ["exp run", "metrics diff", "params diff", "exp show --md"])
def test_the_tour_shows_each_command(command):
    assert f"$ dvc {command}" in block("tour")


def test_an_excerpt_says_where_lines_are_left_out():
    assert excerpt("keep 1\nno\nno\nkeep 2\n", "keep") == "keep 1\n…\nkeep 2"
