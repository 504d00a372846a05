"""The committed pages of the studies are what their files give: no figure is typed by hand."""

from pathlib import Path

import pytest

from mtbert.reporting.replication.answers import FILE
from stages.studies_page import render

STUDIES = Path(__file__).parents[2] / "studies"


@pytest.mark.skipif(not (STUDIES / FILE).is_file(), reason="no results are committed")
def test_pages_are_those_of_the_committed_results() -> None:
    pages = render(STUDIES)
    kept = {name: (STUDIES / name).read_text(encoding="utf-8") for name in pages}
    assert [name for name in pages if pages[name] != kept[name]] == []
