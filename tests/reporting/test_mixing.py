"""The mixing rate over time, out of a log of steps."""

import pytest
from reporting.workspace import write_workspace

from mtbert.reporting.files import read_log
from mtbert.reporting.mixing import chooses, mixing, rates
from mtbert.reporting.results import read_results
from mtbert.reporting.settings import read_scope

ONE_TASK = """\
step,epoch,tasks,loss_sst,loss_para,examples_sst,examples_para
1,1,sst,1.5,,8,
2,1,para,,0.7,,64
3,1,para,,0.6,,64
4,1,para,,0.5,,56
5,2,sst,0.0,,8,
6,2,para,,0.5,,64
"""
SEVERAL = """\
step,epoch,tasks,loss_sst,loss_para,examples_sst,examples_para
1,1,sst+para,1.5,0.7,8,24
2,1,sst+para,1.4,0.6,8,24
"""


def shares(tmp_path, text, **spec):
    (tmp_path / "steps.csv").write_text(text)
    return mixing(read_log(tmp_path / "steps.csv", ["step", "epoch"]), ["sst", "para"], **spec)


def test_shares_of_the_batches(tmp_path):
    # A loss of exactly 0 was drawn as well.
    assert shares(tmp_path, ONE_TASK) == {
        "sst": [(1, 0.25), (2, 0.5)],
        "para": [(1, 0.75), (2, 0.5)],
    }
    assert shares(tmp_path, SEVERAL) == {"sst": [(1, 0.5)], "para": [(1, 0.5)]}


def test_shares_of_the_examples(tmp_path):
    found = shares(tmp_path, ONE_TASK, unit="examples")
    assert found["sst"] == [(1, pytest.approx(8 / 192)), (2, pytest.approx(8 / 72))]
    assert found["para"] == [(1, pytest.approx(184 / 192)), (2, pytest.approx(64 / 72))]
    assert shares(tmp_path, SEVERAL, unit="examples")["sst"] == [(1, 0.25)]


def test_a_task_that_an_epoch_never_drew_has_no_share_of_it(tmp_path):
    later = "7,3,para,,0.4,,64\n"
    assert shares(tmp_path, ONE_TASK + later)["sst"] == [(1, 0.25), (2, 0.5), (3, 0)]


def test_parts_of_an_epoch(tmp_path):
    # Epoch 1 is cut after its second step, epoch 2 after its first.
    found = shares(tmp_path, ONE_TASK, parts=2)
    assert found["sst"] == [(0.75, 0.5), (1.25, 0), (1.75, 1), (2.25, 0)]
    # Of two steps the thirds hold none, one and one.
    assert shares(tmp_path, SEVERAL, parts=3)["para"] == [(1, 0.5), (pytest.approx(4 / 3), 0.5)]


def test_rates_of_a_workspace(tmp_path):
    names = ("main", "annealed", "four_tasks")
    write_workspace(tmp_path, names=names, epochs=2)
    scope = read_scope(tmp_path / "params.yaml")
    results = read_results(scope, tmp_path / "data/plans", tmp_path / "reports")
    assert [chooses(one) for one in results.strategies] == [False, True, False]
    found = rates(results)
    assert found.header[1:6:4] == ("sst, of batches", "sst, of examples")
    main, annealed, four = ([cell.text for cell in row] for row in found.rows)
    # Batches of 16, 32, 16 and 8
    assert main[1:] == ["0.333"] * 3 + ["–"] + ["0.250", "0.500", "0.250", "–"]
    assert four[1:] == ["0.250"] * 4 + ["0.222", "0.444", "0.222", "0.111"]
    first, last = (
        [sum(run.steps["loss_para"][step] is not None for step in steps) / 40 for run in runs]
        for runs, steps in [(results.strategies[1].runs, s) for s in (range(40), range(40, 80))]
    )
    assert annealed[2] == f"{sum(first) / 2:.3f} → {sum(last) / 2:.3f}"
