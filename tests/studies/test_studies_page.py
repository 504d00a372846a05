"""The studies' page and its Markdown: what is committed is what the kept results give."""

import re
from pathlib import Path
from shutil import copytree

import pytest

from mtbert.core.params import read_json, read_yaml
from stages.claims import main as judge
from stages.studies import main as draw

from tiny import ROOT

STUDIES = sorted(path.parent.name for path in ROOT.glob("studies/*/params.yaml"))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder with a copy of studies/, the verdicts and the page, made anew."""
    folder = tmp_path_factory.mktemp("drawn")
    studies, verdicts = folder / "studies", folder / "verdicts.json"
    copytree(ROOT / "studies", studies)
    judge(studies / "claims.yaml", studies, verdicts)
    draw(studies, verdicts, folder / "studies.html", readmes=True)
    return folder


@pytest.mark.parametrize("name", [".", *STUDIES])
def test_committed_markdown_is_that_of_the_kept_results(drawn, name):
    path = Path("studies") / name / "README.md"
    assert (drawn / path).read_text() == (ROOT / path).read_text()


def test_every_claim_has_its_verdict(drawn):
    verdicts = read_json(drawn / "verdicts.json")
    assert set(verdicts) == set(read_yaml(ROOT / "studies/claims.yaml")["claims"])
    for verdict in verdicts.values():
        decided = verdict["decision"] in ("supported", "contradicted")
        assert not decided or verdict["p_holm"] < 0.05
        assert verdict["effect"] is None or verdict["low"] <= verdict["effect"] <= verdict["high"]


def test_the_page_answers_first(drawn):
    page = (drawn / "studies.html").read_text()
    sections = re.findall(r'<section id="(\w+)"', page)
    assert sections == ["claims", "undecidable", "caveats", "secondary", *STUDIES, "runs"]
    assert not re.search(r'(src|href|srcset)="(?!#|data:)', page), "nothing comes from elsewhere"
    counts = re.findall(r"<strong>[✔✘≈] (\d+)", page)
    claims = read_yaml(ROOT / "studies/claims.yaml")["claims"].values()
    assert sum(map(int, counts)) == sum("seeds" in claim for claim in claims)


def test_a_claim_without_runs_says_so(drawn):
    page = (drawn / "studies/README.md").read_text()
    assert page.index("## What holds") < page.index("## Caveats") < page.index("## Secondary")
    for name, verdict in read_json(drawn / "verdicts.json").items():
        assert verdict["effect"] is not None or verdict["reason"].startswith("no runs yet"), name


def test_runs_in_two_precisions_are_named(drawn, tmp_path):
    copytree(drawn / "studies", tmp_path / "studies")
    path = tmp_path / "studies/wu/results/runs.csv"
    header, *rows = path.read_text().splitlines()
    rows = [row.replace(",bf16,", ",fp32,") for row in rows]
    rows = [row.replace(",fp32,", ",bf16,") if row.startswith("model,") else row for row in rows]
    path.write_text("\n".join([header, *rows]) + "\n")
    draw(tmp_path / "studies", drawn / "verdicts.json", tmp_path / "studies.html", readmes=True)
    assert (
        "wu has runs in bf16 (model) and in fp32 (baseline, our-sst)"
        in (tmp_path / "studies/README.md").read_text()
    )
