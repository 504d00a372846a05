"""The committed pages and records of the studies say what the runs' own files say.

No figure is typed by hand: pages follow from replication.json and claims.json, these from runs and
their answers.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mtbert.core.params import read_json
from mtbert.reporting.replication.answers import FILE
from mtbert.reporting.replication.collected import read_replications
from mtbert.reporting.replication.collecting import FACTS
from stages.claims import main as judge
from stages.studies_page import render

STUDIES = Path(__file__).parents[2] / "studies"
RUNS = {
    (study, f"{row}-{run.seed}"): run
    for study, one in read_replications(STUDIES).items()
    for row, own in one.rows.items()
    for run in own.runs
}


@pytest.mark.skipif(not (STUDIES / FILE).is_file(), reason="no results are committed")
def test_pages_are_those_of_the_committed_results() -> None:
    pages = render(STUDIES)
    kept = {name: (STUDIES / name).read_text(encoding="utf-8") for name in pages}
    assert [name for name in pages if pages[name] != kept[name]] == []


@pytest.mark.skipif(not (STUDIES / FILE).is_file(), reason="no results are committed")
def test_verdicts_are_those_of_the_committed_answers(tmp_path: Path) -> None:
    """But for the last digits, which hang on how many threads sum a product up."""
    judge(STUDIES / "claims.yaml", STUDIES, tmp_path / FILE)
    now, kept = (dict(leaves(read_json(folder / FILE))) for folder in (tmp_path, STUDIES))
    numbers = {place for place, value in kept.items() if isinstance(value, float)}
    assert {place: now.get(place) for place in numbers} == pytest.approx(
        {place: kept[place] for place in numbers}, rel=1e-9, abs=1e-12
    )
    assert {place: value for place, value in now.items() if place not in numbers} == {
        place: value for place, value in kept.items() if place not in numbers
    }


def leaves(tree: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """What a tree holds, by the place where it stands; of what is empty, the place itself."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in inner:
        if isinstance(value, (dict, list)) and value:
            yield from leaves(value, f"{place}/{key}")
        else:
            yield f"{place}/{key}", value


@pytest.mark.parametrize(("study", "name"), RUNS)
def test_a_run_s_own_files_say_the_same(study: str, name: str) -> None:
    folder, run = STUDIES / study / "runs" / name, RUNS[study, name]
    own = read_json(folder / "run.json")
    assert run.facts == {key: own.get(key) for key in FACTS}
    assert run.seed == own["seed"]
    assert read_json(folder / "metrics.json") == run.metrics
