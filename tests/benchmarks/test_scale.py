"""The page of costs and scale."""

import json

import pytest

from benchmarks.scale import PAGE, RECORD, page, runs_an_hour, seconds_per_run


def test_the_page_is_the_record():
    assert page(json.loads(RECORD.read_text())) == PAGE.read_text()


def test_runs_an_hour_grow_until_recording_is_busy():
    assert runs_an_hour(4, minutes=10, seconds=1.5) == 24
    assert runs_an_hour(400, minutes=10, seconds=1.5) == pytest.approx(2400)
    assert runs_an_hour(1000, minutes=10, seconds=1.5) == 2400


def test_a_run_costs_what_it_adds_to_a_batch():
    sizes = {"tiny": {"single": 1, "batch": 3}, "MiniLM": {"single": 2, "batch": 5}}
    recording = {"batch": 3, "sizes": sizes, "counts": {"100": {"single": 4, "batch": 10}}}
    # (10 - 4) / 2 for each further run, and (5 - 2) / 2 - (3 - 1) / 2 more for the larger files
    assert seconds_per_run(recording, "100") == 3.5
