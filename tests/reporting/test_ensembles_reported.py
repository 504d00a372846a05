"""Averages of runs on the report, beside the strategies."""

import json
import shutil

import pandas as pd
import pytest
from reporting.made_up_runs import DEV, write_workspace
from reporting.test_page import METRICS, pages, read

from mtbert.core.errors import InputError
from mtbert.evaluation.intervals import wilson
from mtbert.reporting.results import (
    baseline_table,
    ensemble_table,
    lead_table,
    main_table,
    readme_blocks,
    score_note,
    strategies_json,
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("averaged")
    write_workspace(folder, ensembles=("averaged",))
    return read(folder)


def test_an_ensemble_is_a_row_with_an_interval_over_examples(report):
    table = main_table(report)
    low, high = wilson(34 / DEV, DEV)
    name = "averaged (2 runs)"
    assert list(table.index) == ["main", "round_robin", name]
    assert table.loc[name, "sst accuracy"] == f"0.850 [± {(high - low) / 2:.3f}]"
    assert table.loc[name, "updates"] == "24 (× 2)"
    assert table.loc["main", "sst accuracy"] == "0.762 ± 0.018"
    assert "An average of runs has no deviation over seeds" in score_note(report)
    assert "(×): round_robin." in score_note(report)


def test_it_is_compared_with_the_mean_of_its_runs_on_the_same_examples(report):
    table = ensemble_table(report, "dev")
    difference = table.loc["averaged (2 runs)", "sst accuracy"]
    # The runs err on 9 and 10 of 40 examples, the ensemble on 6 of these.
    assert difference.startswith("+0.088 [")
    assert difference.endswith(" ▲")
    assert table["average of"].tolist() == ["predictions"]
    half = report.ensemble_widths["dev"]["averaged", ("sst", "accuracy")]
    assert half < report.own_widths["averaged", ("sst", "accuracy")]


def test_metrics_diff_has_it_with_its_number_of_runs(report):
    rows = json.loads(strategies_json(report))
    assert list(rows) == ["main", "round_robin", "averaged"]
    assert set(rows["averaged"]) == {"mean", "runs", "updates", "examples"}
    assert rows["averaged"]["runs"] == 2


def test_page_and_results_show_it(report):
    for text in pages(report):
        assert "Difference of averages to the mean of their runs" in text


def test_a_file_that_is_not_an_ensemble_s_is_named(tmp_path):
    write_workspace(tmp_path, ensembles=("averaged",))
    (tmp_path / METRICS / "averaged.json").write_text('{"dev": {}}')
    with pytest.raises(InputError, match=r"averaged\.json: ensemble: no average and members"):
        read(tmp_path)


def test_a_readme_has_the_leads_in_the_overall_mean(report):
    leads = lead_table(report)
    assert leads.index.tolist() == [
        "round_robin to main",
        "averaged (2 runs) to the mean of its runs",
    ]
    assert leads.columns.tolist() == ["on dev"]
    first = baseline_table(report, "dev").loc["round_robin", "mean"]
    assert leads.loc["round_robin to main", "on dev"] == first
    scores, *more = readme_blocks(report)
    assert scores.startswith("| strategy |")
    assert more[0].startswith("| difference in mean | on dev |")
    assert " / " not in scores


def test_differences_on_test_are_those_of_its_own_examples(tmp_path):
    write_workspace(tmp_path, ensembles=("averaged",))
    plain = read(tmp_path)
    assert baseline_table(plain, "test") is None
    assert ensemble_table(plain, "test") is None
    # SST alone has labels on test, those of dev without the first 8 examples, on which all err.
    for path in (tmp_path / METRICS).glob("*.json"):
        folder = tmp_path / "data/predictions" / path.stem
        table = pd.read_parquet(folder / "sst-dev.parquet").iloc[8:]
        table.to_parquet(folder / "sst-test.parquet")
        measured = json.loads(path.read_text())
        accuracy = float((table["label"] == table["prediction"]).mean())
        path.write_text(json.dumps(measured | {"test": {"sst": {"accuracy": accuracy}}}))
    report = read(tmp_path)
    gaps, averages = baseline_table(report, "test"), ensemble_table(report, "test")
    assert gaps.columns.tolist() == ["sst accuracy"]
    # On these 32 main errs on 1 and 2, round_robin on none, the ensemble on none.
    assert gaps.loc["round_robin", "sst accuracy"].startswith("+0.047 [")
    assert averages.loc["averaged (2 runs)", "sst accuracy"].startswith("+0.047 [")
    # The same runs on dev: 9 and 10 of 40, round_robin 7 and 8.
    assert baseline_table(report, "dev").loc["round_robin", "sst accuracy"].startswith("+0.050 [")
    # Without all three tasks there is no overall mean on test.
    assert lead_table(report).columns.tolist() == ["on dev"]
    first, *_ = readme_blocks(report)
    assert first.startswith("| dev / test | sst accuracy |")
    assert "| 0.762\u00a0±\u00a00.018 / 0.953\u00a0±\u00a00.022 |" in first
    for text in pages(report):
        assert "Difference to main on test" in text
        assert "Difference of averages to the mean of their runs, on test" in text
        assert "over test examples" in text


def test_an_ensemble_without_scores_on_test_is_left_out_there(tmp_path):
    write_workspace(tmp_path, ensembles=("averaged",))
    for path in (tmp_path / METRICS).glob("*-[12].json"):
        folder = tmp_path / "data/predictions" / path.stem
        for task in ("sst", "para", "sts"):
            shutil.copy(folder / f"{task}-dev.parquet", folder / f"{task}-test.parquet")
        measured = json.loads(path.read_text())
        path.write_text(json.dumps(measured | {"test": measured["dev"]}))
    report = read(tmp_path)
    assert ensemble_table(report, "test") is None
    leads = lead_table(report)
    assert leads.loc["round_robin to main"].nunique() == 1  # test is a copy of dev
    assert leads.loc["averaged (2 runs) to the mean of its runs", "on test"] == "–"
    scores, *_ = readme_blocks(report)
    assert "0.762\u00a0±\u00a00.018 / 0.762\u00a0±\u00a00.018" in scores
    pages(report)
