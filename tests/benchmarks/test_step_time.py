"""Recorded benchmarks are shown as they were recorded."""

import json

import pytest

from benchmarks import aggregators, regularizers, step_time
from benchmarks.step_time import quartiles, ratio

from tiny import ROOT

# What a record of each benchmark has, and what draws its page.
PAGES = {
    "strategies": step_time.render,
    "loss_part": regularizers.render,
    "arms": aggregators.render,
}
RECORDS = [
    (path, record, render)
    for path in sorted((ROOT / "benchmarks").glob("*.json"))
    for record in [json.loads(path.read_text(encoding="utf-8"))]
    for key, render in PAGES.items()
    if key in record
]


def test_every_benchmark_has_a_record():
    assert {render for *_, render in RECORDS} == set(PAGES.values())


@pytest.mark.parametrize(
    ("path", "record", "render"), RECORDS, ids=[path.stem for path, *_ in RECORDS]
)
def test_the_page_is_its_record_s(path, record, render):
    assert path.with_suffix(".md").read_text(encoding="utf-8") == render(record)


def test_a_ratio_is_of_the_same_round():
    # The machine is twice as slow in the second round: the ratio stays.
    assert ratio([[3.0, 3.0], [6.0, 6.0]], [[2.0, 2.0], [4.0, 4.0]]) == 1.5
    assert quartiles([[1.0, 2.0], [3.0, 4.0, 5.0]])[1] == 3.0
