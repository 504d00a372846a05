"""The site builds with no dead link; what it quotes is what the code says."""

import ast
import os
import re
import subprocess
import sys

import pytest
from pages import PAGES, blocks

import mtbert

from tiny import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Built as `make docs` builds it: a dead link, or a page without a place, ends that."""
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_no_page_loads_anything_from_elsewhere(site):
    pages = list(site.glob("*.html"))
    assert len(pages) > 15
    for page in pages:
        text = page.read_text()
        loaded = re.findall(r'<(?:script|img|link)\b[^>]*\b(?:src|href)="([^"]*)"', text)
        assert loaded
        assert [url for url in loaded if re.match(r"(https?:)?//", url)] == []


def test_options_have_defaults_ranges_and_formulas(site):
    text = re.sub(r"<[^>]*>", " ", (site / "options.html").read_text())
    text = " ".join(text.split())
    assert "α_e = 1 - fall · (e - 1)/(E - 1)" in text
    assert "fall 0.8 number ≥ 0 ≤ 1" in text
    assert "max_length 128 Longest sequence in tokens" in text
    assert "Make a project of a folder of your own files" in (site / "commands.html").read_text()


def test_the_api_page_has_all_public_names(site):
    names = set(re.findall(r'<h2 id="mtbert\.(\w+)"', (site / "api.html").read_text()))
    assert names == set(mtbert.__all__)


READ_ALONE = ["README.md", "CONTRIBUTING.md", "data/own/README.md"]
READ_ALONE += [f"docs/{page.name}" for page in sorted(PAGES.glob("*.md"))]


@pytest.mark.parametrize("name", READ_ALONE)
def test_links_between_files_of_the_tree_lead_somewhere(name):
    page = ROOT / name
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.fixture(scope="module")
def messages():
    """The fixed parts of every string of the code that is a sentence."""
    strings = []
    for path in [*(ROOT / "mtbert").rglob("*.py"), *(ROOT / "stages").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            fixed = [part.value for part in parts if isinstance(part, ast.Constant)]
            fixed = [part for part in fixed if isinstance(part, str)]
            if sum(map(len, fixed)) > 12:
                strings.append(fixed)
    return strings


def is_message(text, messages):
    """Whether a string of the code, with values between its parts, is in the text."""
    candidates = [parts for parts in messages if all(part in text for part in parts)]
    return any(re.search(".*".join(map(re.escape, parts)), text) for parts in candidates)


def test_quoted_messages_are_in_the_code(messages):
    quoted = [block.strip().removesuffix("…") for block in blocks("troubleshooting.md", "text")]
    assert len(quoted) > 12
    assert [text for text in quoted if not is_message(text, messages)] == []
    assert not is_message(quoted[0].replace("did you mean", "you meant"), messages)


def test_every_page_is_short():
    assert all(len(page.read_text().splitlines()) < 150 for page in PAGES.glob("*.md"))
