"""Records of real runs, and the README block that shows them."""

from pathlib import Path

import pytest
from reporting.workspace import write_workspace

from mtbert.errors import InputError
from mtbert.reporting.readme import refresh, render
from mtbert.reporting.records import attachments, read_records, record
from mtbert.reporting.results import Results, read_results
from mtbert.reporting.settings import read_scope

README = "before\n<!-- results:begin -->\nold\n<!-- results:end -->\nafter\n"


@pytest.fixture
def results(tmp_path: Path) -> Results:
    write_workspace(tmp_path)
    scope = read_scope(tmp_path / "params.yaml")
    return read_results(scope, tmp_path / "data/plans", tmp_path / "reports")


def test_a_record_survives_the_file(results: Results, tmp_path: Path) -> None:
    made = record(results.baseline, title="BERT", note="a note", command="dvc exp run")
    path = tmp_path / "studies/one/record.json"
    path.parent.mkdir(parents=True)
    path.write_text(made.model_dump_json())
    assert read_records(tmp_path / "studies") == [made]
    assert made.seeds == (1, 2)
    assert made.metrics[1]["sst"]["accuracy"] == pytest.approx(0.508)
    path.write_text('{"title": "x"}')
    with pytest.raises(InputError, match=r"record\.json: command: required"):
        read_records(tmp_path / "studies")


def test_attachments_exist(results: Results, tmp_path: Path) -> None:
    kept = attachments(results.baseline, tmp_path / "data/plans", tmp_path / "reports")
    assert len(kept) == 5
    assert all(path.is_file() for path in kept.values())


def test_readme_shows_sample_and_records(results: Results) -> None:
    made = record(results.baseline, title="BERT", note="a note", command="dvc exp run -S a=1")
    text = render(results, [made])
    assert "| joint | **0.516 ± 0.003** |" in text
    assert "| 95 % half-width of main | ± 0.030 |" in text
    assert "| BERT | 0.506 ± 0.003 | 0.806 ± 0.003 | 0.806 ± 0.003 |" in text
    # (35.9 + 1.5) s = 0.62 min
    assert (
        "| BERT | sample | scratch | 1, 2 | 2 cores of a made-up processor | 21,150 | 0.6 |" in text
    )
    assert "BERT (`main`): a note\n\n```sh\ndvc exp run -S a=1\n```" in text
    assert "Recorded" not in render(results, [])


def test_refresh_replaces_only_the_block(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(README)
    refresh(readme, "new")
    expected = "before\n<!-- results:begin -->\n\nnew\n\n<!-- results:end -->\nafter\n"
    assert readme.read_text() == expected
    refresh(readme, "new")
    assert readme.read_text() == expected


@pytest.mark.parametrize("text", ["none", README + README, "".join(reversed(README.splitlines()))])
def test_refresh_needs_its_marks(tmp_path: Path, text: str) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(InputError, match="must hold"):
        refresh(readme, "new")
    assert readme.read_text() == text
