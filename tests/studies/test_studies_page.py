"""The studies' page and its Markdown: what is committed is what the kept results give."""

import re
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree

import pytest

from mtbert.core.params import read_json, read_yaml
from mtbert.studies.tables import tally
from stages.claims import main as judge
from stages.studies import main as draw

from tiny import ROOT

STUDIES = sorted(path.parent.name for path in ROOT.glob("studies/*/params.yaml"))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of studies/, the verdicts and the page, made anew."""
    folder = tmp_path_factory.mktemp("drawn")
    copytree(ROOT / "studies", folder / "studies")
    judge(folder / "studies/claims.yaml", folder / "studies", folder / "verdicts.json")
    draw(
        folder / "studies",
        folder / "verdicts.json",
        folder / "studies.html",
        readmes=True,
    )
    return folder


@pytest.mark.parametrize("name", [".", *STUDIES])
def test_committed_markdown_is_that_of_the_kept_results(drawn: Path, name: str) -> None:
    path = Path("studies") / name / "README.md"
    assert (drawn / path).read_text() == (ROOT / path).read_text()


def test_every_claim_has_its_verdict(drawn: Path) -> None:
    verdicts = read_json(drawn / "verdicts.json")
    assert set(verdicts) == set(read_yaml(ROOT / "studies/claims.yaml")["claims"])
    for verdict in verdicts.values():
        assert verdict["decision"] == "undecided" or verdict["p_holm"] < 0.05
        assert verdict["effect"] is None or verdict["low"] <= verdict["effect"] <= verdict["high"]


class Outline(HTMLParser):
    """Ids of sections in their order, and the visible words."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[str] = []
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("style", "svg")
        if tag == "section":
            self.sections.append(str(dict(attrs)["id"]))

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "svg")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words += data.split()


def test_the_page_answers_first_in_half_the_words(drawn: Path) -> None:
    text = (drawn / "studies.html").read_text()
    page = Outline()
    page.feed(text)
    assert page.sections == ["claims", "caveats", *STUDIES, "runs"]
    assert len(page.words) <= 14_580 / 2
    assert not re.search(r'(src|href|srcset)="(?!#|data:)', text), (
        "nothing is fetched from elsewhere"
    )
    claims = len(read_json(drawn / "verdicts.json"))
    words = " ".join(page.words)
    assert sum(int(n) for n in re.findall(r"[✔✘≈] (\d+)", words)) == claims


def test_a_tally_counts_every_verdict() -> None:
    assert tally({}) == {"supported": 0, "contradicted": 0, "undecided": 0}
