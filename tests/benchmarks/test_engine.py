"""The engine's benchmark: the rival loop trains the same, and every comparison can run."""

import json
from dataclasses import replace

import pytest
from workspace import plan, workspace

from benchmarks import arms, engine, rivals
from benchmarks.arms import Measured, Spec
from benchmarks.engine import GATE, comparisons, growth, rate, spread
from benchmarks.pages import RECORD, flops, render, summary, targets_table

from tiny import ROOT


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = workspace(tmp_path_factory.mktemp("workspace"))
    plan(folder, {})
    return Spec(str(folder / "plans" / "drawn.yaml"), precision="fp32", steps=3, dropout=False)


@pytest.mark.parametrize("encoding", ["siamese", "joint"])
def test_the_padded_loop_trains_the_same(base, encoding):
    ours, padded = Measured(), Measured()
    spec = replace(base, encoding=encoding)
    arms.ours(spec, ours)
    rivals.padded(spec, padded)
    assert ours.tokens == padded.tokens
    assert sum(ours.slots) <= sum(padded.slots)
    assert ours.losses == pytest.approx(padded.losses, rel=GATE)


def test_every_arm_is_a_training_that_settings_allow(base):
    for comparison in (*comparisons(base), *growth(base)):
        for spec in comparison.arms.values():
            assert arms.prepared(replace(spec, shape="own", batch=2, precision="fp32")).settings


def test_rates_leave_the_first_step_out():
    measured = {"tokens": [100, 10, 30], "sequences": [1, 2, 3], "seconds": [9.0, 1.0, 3.0]}
    assert rate(measured, texts=False) == 10
    assert rate(measured, texts=True) == 1.25


def test_each_arm_is_compared_with_the_runs_of_the_first_beside_it(base, monkeypatch):
    # Tokens per second: the machine slows down from run to run.
    pace = {"ours": iter([100, 80, 60, 40, 20]), "a": iter([45, 12.5]), "b": iter([35, 60])}

    def child(spec):
        return {"tokens": [1, next(pace[spec.engine])], "slots": [1, 99], "seconds": [9, 1]} | {
            "memory": 1
        }

    monkeypatch.setattr(engine, "child", child)
    arms = {name: replace(base, engine=name) for name in pace}
    rows = engine.compare(engine.Comparison("all", arms), rounds=2)
    assert rows["ours"]["first_to_this"] == [1.0] * 3
    assert rows["a"]["first_to_this"] == [2.5, 3.0, 3.5]  # of 90 / 45 and 50 / 12.5
    assert rows["b"]["per_second"] == 47.5
    assert rows["b"]["step"] == 1


def test_flops_by_hand():
    # 6 · 12 · (4 · 768² + 2 · 768 · 3072) for BERT-base, 85 M weights of matrices
    assert flops("bert-base") == 6 * 84_934_656
    assert spread([3.0, 1.0, 2.0]) == [1.5, 2.0, 2.5]


def test_targets_by_hand():
    def arm(ratio):
        return {"first_to_this": [ratio] * 3}

    surgery = {"plain": arm(1.0), "pcgrad": arm(1.104), "TorchJD pcgrad": arm(1.6)}
    surgery["pcgrad"]["step"] = 0.5  # seconds
    report = {
        "solvers": {"pcgrad": 1.0, "nash": 16.0},
        "peak": {"before": {}},
        "encoder": [],
        "comparisons": {"surgery bf16": surgery, "dropout fp32": {"without": arm(0.9)}},
    }
    assert targets_table(report).splitlines()[2:] == [
        "| surgery bf16: PCGrad, in plain steps | ≤ 1.10 | 1.10 | yes |",
        "| surgery bf16: ours / TorchJD's backward | ≥ 1.50 | 1.45 | no |",
        "| pcgrad: a step, in steps of PCGrad | ≤ 1.02 | 1.00 | yes |",
        "| nash: a step, in steps of PCGrad | ≤ 1.02 | 1.03 | no |",
        "| dropout fp32: its share of a step | ≤ 0.05 | 0.10 | no |",
    ]


def test_pages_and_readme_are_the_records():
    for path in (RECORD, RECORD.with_name("fp32.json")):
        record = json.loads(path.read_text())
        assert path.with_suffix(".md").read_text() == render(record)
    record = json.loads(RECORD.read_text())
    assert summary(record) in (ROOT / "README.md").read_text()
