"""The studies' page and its Markdown: what is committed is what the kept results give."""

import re
from pathlib import Path
from shutil import copytree

import pytest

from mtbert.claims.claim import Claim
from mtbert.claims.power import Variances
from mtbert.claims.verdicts import Verdict
from mtbert.core.params import read_json, read_yaml, validate
from mtbert.studies.page import claim_row, power_text
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
        if verdict["low"] is not None:
            assert verdict["low"] <= verdict["effect"] <= verdict["high"]


def test_the_page_answers_first(drawn):
    page = (drawn / "studies.html").read_text()
    sections = re.findall(r'<section id="(\w+)"', page)
    assert sections == ["claims", "undecidable", "caveats", "secondary", *STUDIES, "runs"]
    assert not re.search(r'(src|href|srcset)="(?!#|data:)', page), "nothing comes from elsewhere"
    text = re.sub(r"<[^>]*>", " ", page)
    assert "set budget: paper in" in " ".join(text.split())
    assert "`" not in text
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


CLAIM = {
    **{"study": "s", "says": "a beats b.", "kind": "greater", "experiments": ["a"], "than": ["b"]},
    **{"metric": "mean", "margin": 0.015, "seeds": 5},
}
EFFECT = {"effect": 0.006, "low": 0.003, "high": 0.009, "se": 0.001, "df": 4.0}


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        (
            {"decision": "contradicted", "reason": "r", **EFFECT, "seeds": (1, 2, 3, 4, 5)},
            "a beats b: +0.006 [+0.003, +0.009] (tested: a above b by more than 0.015 in mean; "
            "5 seeds).",
        ),
        (
            {"reason": "1 of 5 seeds", "effect": 0.006, "seeds": (1,)},
            "a beats b: +0.006 (tested: a above b by more than 0.015 in mean; 1 of 5 seeds).",
        ),
        ({"reason": "no runs yet of a"}, "a beats b: no runs yet of a."),
    ],
)
def test_an_answer_has_its_figure_and_what_was_tested(changes, answer):
    claim, verdict = validate(Claim, CLAIM, where="c"), validate(Verdict, changes, where="v")
    assert claim_row("c", claim, verdict)["answer"] == answer


def test_power_is_planned_until_all_runs_are_made():
    claim = validate(Claim, CLAIM, where="c")
    plan = Variances(spread=1e-6, shared=0.01)
    seeds = tuple(range(5))
    few, all_runs = (Verdict(reason="", se=0.01, df=None, seeds=own) for own in (seeds[:4], seeds))
    # 0.015 + 0.01 · (1.96 + 0.84) = 0.0430, planned in steps of 0.001 and not below
    assert power_text(claim, few, plan, family=1) == "planned: 0.8 at +0.044"
    assert power_text(claim, all_runs, plan, family=1) == "0.8 at +0.043"
    assert power_text(claim, few, None, family=1) == "–"
