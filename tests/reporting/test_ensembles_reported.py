"""Averages of runs on the report, beside the strategies."""

import json

import pytest
from reporting.made_up_runs import DEV, write_workspace
from reporting.test_page import METRICS, pages, read

from mtbert.core.errors import InputError
from mtbert.evaluation.intervals import wilson
from mtbert.reporting.results import ensemble_table, main_table, score_note, strategies_json


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
    table = ensemble_table(report)
    difference = table.loc["averaged (2 runs)", "sst accuracy"]
    # The runs err on 9 and 10 of 40 examples, the ensemble on 6 of these.
    assert difference.startswith("+0.088 [")
    assert difference.endswith(" ▲")
    assert table["average of"].tolist() == ["predictions"]
    half = report.ensemble_widths["averaged", ("sst", "accuracy")]
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
