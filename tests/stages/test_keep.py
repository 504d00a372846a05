"""`python -m stages.keep` on made-up results: all of them, or none."""

import json
from pathlib import Path

import pytest
from reporting.replications import write

from mtbert.errors import InputError
from mtbert.reporting.replication.answers import FILE as CLAIMS
from mtbert.reporting.replication.collected import FILE
from stages.keep import main
from stages.studies_page import render


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Results of a study with three runs, and the runs' own files."""
    folder = tmp_path / "reports"
    write(folder)
    for number, name in enumerate(("both-1", "both-2", "half-1")):
        run, metrics = folder / "one/runs" / name, folder / "one/metrics"
        run.mkdir(parents=True)
        metrics.mkdir(exist_ok=True)
        (run / "run.json").write_text(json.dumps({"seed": number}))
        (metrics / f"{name}.json").write_text(json.dumps({"sst": number}))
    return folder


def test_what_is_kept_is_what_was_made(reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "studies"
    (out / "one/runs/gone-1").mkdir(parents=True)
    (out / "one/params.yaml").write_text("title: it\n")
    main(reports, out)
    for name in (CLAIMS, f"one/{FILE}"):
        assert (out / name).read_bytes() == (reports / name).read_bytes()
    assert sorted(path.name for path in (out / "one/runs").iterdir()) == [
        *("both-1", "both-2", "half-1")
    ]
    assert json.loads((out / "one/runs/both-2/run.json").read_text()) == {"seed": 1}
    assert json.loads((out / "one/runs/half-1/metrics.json").read_text()) == {"sst": 2}
    assert (out / "one/params.yaml").is_file()
    # The pages follow from what was kept alone.
    for name, text in render(out).items():
        assert (out / name).read_text(encoding="utf-8") == text


def test_nothing_is_kept_where_something_is_missing(reports: Path, tmp_path: Path) -> None:
    (reports / "one/metrics/both-2.json").unlink()
    with pytest.raises(InputError, match=r"both-2\.json: no such file; `dvc repro` of its study"):
        main(reports, tmp_path / "studies")
    assert not (tmp_path / "studies").exists()


def test_claims_on_other_runs_are_refused(reports: Path, tmp_path: Path) -> None:
    path = reports / "one" / FILE
    path.write_text(path.read_text() + "\n")
    with pytest.raises(InputError, match=r"judged on another replication\.json"):
        main(reports, tmp_path / "studies")
    assert not (tmp_path / "studies").exists()
