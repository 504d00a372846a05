"""Recorded benchmarks are shown as they were recorded."""

import json

import pytest

from benchmarks.step_time import quartiles, ratio, render

from tiny import ROOT

RECORDS = sorted((ROOT / "benchmarks").glob("*.json"))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_the_page_is_its_record_s(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    assert path.with_suffix(".md").read_text(encoding="utf-8") == render(record)


def test_a_ratio_is_of_the_same_round():
    # The machine is twice as slow in the second round: the ratio stays.
    assert ratio([[3.0, 3.0], [6.0, 6.0]], [[2.0, 2.0], [4.0, 4.0]]) == 1.5
    assert quartiles([[1.0, 2.0], [3.0, 4.0, 5.0]])[1] == 3.0
