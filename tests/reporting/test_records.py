"""Records of real runs, and the README block that shows them."""

import json
from pathlib import Path

import pytest
from reporting.workspace import write_workspace

from mtbert.core.errors import InputError
from mtbert.reporting.comparison import Metric, noise
from mtbert.reporting.readme import refresh, render
from mtbert.reporting.recording import attachments, record
from mtbert.reporting.records import Cross, Record, average, dumps, read_records
from mtbert.reporting.results import Results, read_results
from mtbert.reporting.settings import read_scope

README = "before\n<!-- results:begin -->\nold\n<!-- results:end -->\nafter\n"


@pytest.fixture
def results(tmp_path: Path) -> Results:
    write_workspace(tmp_path)
    scope = read_scope(tmp_path / "params.yaml")
    return read_results(scope, tmp_path / "data/plans", tmp_path / "reports")


def keep(results: Results, *names: str, cross: Cross | None = None) -> Record:
    kept = [one for one in results.strategies if one.name in (names or ("main",))]
    return record(kept, title="BERT", note="a\nnote", command="dvc exp run -S a=1", cross=cross)


def test_a_record_survives_the_file(results: Results, tmp_path: Path) -> None:
    cross = Cross(rows="heads.sts", columns="sampler", metrics=("sts.pearson",))
    made = keep(results, "main", "joint", cross=cross)
    path = tmp_path / "studies/one/record.json"
    path.parent.mkdir(parents=True)
    path.write_text(dumps(made))
    assert read_records(tmp_path / "studies") == {"studies/one": made}
    assert made.strategies[0].metrics[1]["sst"]["accuracy"] == pytest.approx(0.508)
    # A row of a confusion stands on one line.
    assert json.dumps(list(made.strategies[1].confusion[0]["sts"][0])) in path.read_text()
    path.write_text('{"title": "x"}')
    with pytest.raises(InputError, match=r"record\.json: command: required"):
        read_records(tmp_path / "studies")


def test_a_record_gives_the_results_back(results: Results) -> None:
    again = keep(results, "main", "round_robin", "joint").results()
    assert again.tasks == results.tasks
    assert average(again.baseline, "parameters.trainable") == 1_051_271
    assert average(again.baseline, "train_seconds", 1 / 60) == pytest.approx(31.7 / 60)
    assert average(again.baseline, "parameters.none") is None
    for one, other in zip(results.strategies, again.strategies, strict=True):
        assert (one.name, one.changes, one.settings) == (other.name, other.changes, other.settings)
        for run, kept in zip(one.runs, other.runs, strict=True):
            assert (run.seed, run.metrics) == (kept.seed, kept.metrics)
            assert {k: sorted(v) for k, v in run.confusion.items()} == kept.confusion
        # From a formula, from its parts, and by bootstrap.
        for metric in (("sst", "accuracy"), ("overall", "mean"), ("sst", "macro_f1")):
            asked = Metric(*metric, "")
            assert noise(one, asked) == noise(other, asked) is not None


def test_a_seed_without_its_metrics_is_refused(results: Results) -> None:
    with pytest.raises(ValueError, match="main: metrics needs an entry for each of 1 seeds, foun"):
        Record.model_validate({**keep(results).model_dump(), "seeds": (1,)})


def test_a_run_with_other_settings_than_its_plan_is_refused(results: Results) -> None:
    run = results.baseline.runs[0]
    run.facts["settings"] = results.baseline.settings
    keep(results)
    run.facts["settings"] = {**results.baseline.settings, "clip": 2.0}
    with pytest.raises(InputError, match=r"main-1: run\.json has other settings than the plan"):
        keep(results)


def test_attachments_exist(results: Results, tmp_path: Path) -> None:
    kept = attachments(results.strategies, tmp_path / "data/plans", tmp_path / "reports")
    assert len(kept) == 3 * 7
    assert all(path.is_file() for path in kept.values())


def test_readme_shows_sample_records_and_links(results: Results) -> None:
    studies = {"studies/one": keep(results), "studies/two": keep(results, "main", "joint")}
    text = render(results, studies)
    assert "| joint | 0.516 ± 0.003 | **0.866 ± 0.003** |" in text
    assert "Bold leads every other strategy" in text
    assert "| 95 % half-width of main | ± 0.029 |" in text
    assert "| BERT | 0.506 ± 0.003 | 0.806 ± 0.003 | 0.806 ± 0.003 |" in text
    # (35.9 + 1.5) s = 0.62 min
    assert (
        "| BERT | sample | scratch | 1, 2 | 2 cores of a made-up processor | 21,150 | 0.6 |" in text
    )
    assert "BERT (`main`): a note\n\n```sh\ndvc exp run -S a=1\n```" in text
    assert text.endswith("### Studies\n\n- [BERT](studies/two/README.md), 2 strategies: a note")
    assert "Recorded" not in render(results, {})


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
